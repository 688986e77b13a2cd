import { readdirSync, readFileSync } from 'node:fs'

/** Linux tells them for each thread of a process; elsewhere there are none to be seen. */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

/** True where children can be seen at all. */
export function seesChildren(): boolean {
  try {
    readFileSync(`/proc/${process.pid}/task/${process.pid}/children`)
    return true
  } catch {
    return false
  }
}

/** Everything below this process. */
export function descendants(): readonly number[] {
  const found = [...childrenOf(process.pid)]
  for (let next = 0; next < found.length; next++) found.push(...childrenOf(found[next] ?? 0))
  return found
}

export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It is gone, or not ours.
    }
  }
}
