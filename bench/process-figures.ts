import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks per second in /proc: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** Seconds of processor time that a process has used so far, all its threads together. */
export function cpuSeconds(pid: number): number {
  const { own } = statOf(pid)
  return own
}

/** As `cpuSeconds`, of everything below a process, dead or alive, without the process itself. */
export function cpuSecondsBelow(pid: number): number {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const { parent } = statOf(Number(name))
      children.set(parent, [...(children.get(parent) ?? []), Number(name)])
    } catch {
      // It has just ended.
    }
  }
  const below = (parent: number): number => {
    let sum = statOf(parent).ofDead
    for (const child of children.get(parent) ?? []) {
      try {
        sum += statOf(child).own + below(child)
      } catch {
        // It has just ended, and is counted at its parent the next time.
      }
    }
    return sum
  }
  return below(pid)
}

function statOf(pid: number): { readonly parent: number; readonly own: number; readonly ofDead: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in brackets may hold anything: fields are counted behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const seconds = (first: number): number => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_SECOND
  return { parent: Number(fields[1]), own: seconds(11), ofDead: seconds(13) }
}

/** Memory of a process that is in RAM, in KiB. */
export function residentKib(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(match?.[1])
}
