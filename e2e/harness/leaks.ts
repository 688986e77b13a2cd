import { existsSync, readdirSync, readFileSync } from 'node:fs'

import { markOfStateFolder } from '@octopus/client/host/state-folder.ts'

/** A killed process needs a moment to vanish, and a runner whose client was killed a moment to notice. */
const GONE_MS_MAX = 15_000
/** The system does not tell when a process that is not our child has gone: one has to look. */
const LOOK_AGAIN_MS = 50

/** A process that belongs to a test's folder. */
export interface Survivor {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** What a client on this state folder writes into the environment of its runners, and of all that they start. */
export function clientMark(stateFolder: string): string {
  // Nothing was started for a folder that nobody made.
  return existsSync(stateFolder) ? markOfStateFolder(stateFolder) : stateFolder
}

/**
 * The living processes whose command line or environment names one of these words: a test's folder, a client's mark.
 * Linux only; elsewhere nothing is seen.
 */
export function processesNaming(words: readonly string[]): readonly Survivor[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = textOf(`/proc/${pid}/cmdline`)
      const whole = command + textOf(`/proc/${pid}/environ`)
      return words.some((word) => whole.includes(word))
        ? [{ pid: Number(pid), parent: parentOf(pid), command: command.replaceAll('\0', ' ') }]
        : []
    })
}

/** Those that do not descend from any of these processes: their makers are gone, and they should be, too. */
export function orphansOf(all: readonly Survivor[], makers: readonly number[]): readonly Survivor[] {
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]))
  const descends = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined; at = parents.get(at)) if (makers.includes(at)) return true
    return false
  }
  return all.filter(({ pid }) => !descends(pid))
}

/** Resolves when none is left; else ends them and throws with what they were. */
export async function nothingLeft(words: readonly string[]): Promise<void> {
  const left = await noneNaming(words)
  for (const { pid } of left) killQuietly(pid)
  if (left.length > 0) throw new Error(`processes were left behind:\n${describe(left)}`)
}

/** Waits until there is none, or for long enough; answers who is still there. */
export async function noneNaming(words: readonly string[], timeoutMs = GONE_MS_MAX): Promise<readonly Survivor[]> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const left = processesNaming(words)
    if (left.length === 0 || performance.now() > end) return left
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}

/** Waits until no process has this id. */
export async function pidGone(pid: number, timeoutMs = GONE_MS_MAX): Promise<boolean> {
  const end = performance.now() + timeoutMs
  while (isThere(pid)) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
  return true
}

function parentOf(pid: string): number {
  return Number(/^.*\) \S (\d+)/s.exec(textOf(`/proc/${pid}/stat`))?.[1])
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A zombie has ended; only its parent has not asked yet.
    return !/^\d+ \(.*\) Z/s.test(textOf(`/proc/${pid}/stat`))
  } catch {
    return false
  }
}

function describe(left: readonly Survivor[]): string {
  return left.map(({ pid, command }) => `${pid} ${command}`).join('\n')
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone in the meantime.
  }
}

/** Empty for what has gone and for what is somebody else's. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
