import { readdir, readFile } from 'node:fs/promises'

import { CLIENT_MARK, RUNNER_MARK } from './environment.ts'
import { readInheritedMark } from './inherited-mark.ts'
import type { ProcessEntry, ProcessTable } from './process-table.ts'

/** So many processes are read at once: enough to be quick, too few to use up the client's file descriptors. */
const READ_AT_ONCE = 64

/** Linux: `/proc`. Other users' environments cannot be read; those processes are none of ours. */
export function createLinuxProcesses(): ProcessTable {
  return {
    list: async () => {
      const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
      const found: ProcessEntry[] = []
      for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
        const entries = await Promise.all(ids.slice(at, at + READ_AT_ONCE).map(read))
        found.push(...entries.filter((entry) => entry !== undefined))
      }
      return found
    },
    kill: async (entry) => {
      if ((await read(String(entry.pid)))?.startedAt === entry.startedAt) signalQuietly(entry.pid)
    },
  }
}

async function read(pid: string): Promise<ProcessEntry | undefined> {
  const nothing = (): undefined => undefined
  const [stat, environment] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'latin1').catch(nothing),
    readFile(`/proc/${pid}/environ`, 'latin1').catch(nothing),
  ])
  const entry = stat === undefined ? undefined : parseProcess(stat, environment ?? '')
  // Whose environment we may not read we may not end either.
  if (entry === undefined || entry.runner !== undefined || environment === undefined) return entry
  const inherited = readInheritedMark((await readFile(`/proc/${pid}/limits`, 'latin1').catch(nothing)) ?? '')
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
