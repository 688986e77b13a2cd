import { readdir, readFile } from 'node:fs/promises'

import { CLIENT_MARK, RUNNER_MARK } from './environment.ts'
import { readInheritedMark } from './inherited-mark.ts'
import type { ProcessEntry, ProcessTable } from './process-table.ts'

/** So many processes are read at once. More are no quicker, and each takes two of the client's file descriptors. */
const READ_AT_ONCE = 8

/**
 * The process is gone meanwhile, or it is not ours to look at. Whatever else a read fails with (no free descriptor, no
 * memory) says nothing of the process: to take that for its end would be a false proof.
 */
const NOTHING_TO_SEE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])

/** How `/proc` is read. Tests make it fail. */
export interface ProcFiles {
  list(path: string): Promise<readonly string[]>
  read(path: string): Promise<string>
}

const NODE_FILES: ProcFiles = { list: readdir, read: (path) => readFile(path, 'latin1') }

/**
 * Linux: `/proc`. Other users' environments cannot be read; those processes are none of ours. A list is whole or it
 * rejects.
 */
export function createLinuxProcesses(files: ProcFiles = NODE_FILES): ProcessTable {
  return {
    list: async () => {
      const ids = (await files.list('/proc')).filter((name) => /^\d+$/.test(name))
      const found: ProcessEntry[] = []
      for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
        const entries = await Promise.all(ids.slice(at, at + READ_AT_ONCE).map((id) => read(files, id)))
        found.push(...entries.filter((entry) => entry !== undefined))
      }
      return found
    },
    kill: async (entry) => {
      // One that cannot be read now is still there at the next look.
      const now = await read(files, String(entry.pid)).catch(() => undefined)
      if (now?.startedAt === entry.startedAt) signalQuietly(entry.pid)
    },
  }
}

async function read(files: ProcFiles, pid: string): Promise<ProcessEntry | undefined> {
  const textOf = async (name: string): Promise<string | undefined> => {
    try {
      return await files.read(`/proc/${pid}/${name}`)
    } catch (error) {
      if (NOTHING_TO_SEE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
      throw error
    }
  }
  const [stat, environment] = await Promise.all([textOf('stat'), textOf('environ')])
  const entry = stat === undefined ? undefined : parseProcess(stat, environment ?? '')
  if (entry === undefined || entry.runner !== undefined) return entry
  // Some of our own account hide their environment (ssh-agent); another account's are not ours to end.
  if (environment === undefined && !mayEnd(entry.pid)) return entry
  const inherited = readInheritedMark((await textOf('limits')) ?? '')
  return inherited === undefined ? entry : { ...entry, inherited }
}

/** Pure: `/proc/<pid>/stat` and `/proc/<pid>/environ`. A program's name may hold blanks and brackets: the last one counts. */
export function parseProcess(stat: string, environment: string): ProcessEntry | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group] = fields
  const startedAt = fields[19]
  if (state === undefined || parent === undefined || group === undefined || startedAt === undefined) return undefined
  const variables = environment.split('\0')
  const valueOf = (name: string): string | undefined =>
    variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1)
  return {
    pid: Number(stat.slice(0, stat.indexOf(' '))),
    parent: Number(parent),
    group: Number(group),
    startedAt,
    zombie: state === 'Z' || state === 'X',
    client: valueOf(CLIENT_MARK),
    runner: valueOf(RUNNER_MARK),
  }
}

/** SIGKILL; that the process is gone already is what was wanted. */
export function signalQuietly(pid: number): void {
  try {
    if (pid > 1) process.kill(pid, 'SIGKILL')
  } catch {
    // ESRCH: gone. EPERM: not ours; the next list shows whether it matters.
  }
}

function mayEnd(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
