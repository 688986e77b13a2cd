import { type Installation, stateFolderOf } from './installation.ts'
import type { Machine } from './machine.ts'
import type { ServiceEntry } from './service-entry.ts'

/** A client that is asked to end takes at most 17 s: its plugins end, its last results are sent, it says goodbye. */
const GRACE_LOOKS = 125
const KILL_LOOKS = 25
const LOOK_MS = 200

/** Stops what runs, in good order if it can be, and answers the processes that it could not end. */
export async function stopClient(
  machine: Machine,
  installation: Installation,
  entry: ServiceEntry,
): Promise<readonly number[]> {
  for (const command of entry.stop) await machine.run(command)
  const stateFolder = stateFolderOf(installation)
  const left = async (): Promise<readonly number[]> =>
    (await machine.processesOn(stateFolder)).filter((pid) => !machine.ownPids.includes(pid))
  for (const [signal, looks] of [
    ['SIGTERM', GRACE_LOOKS],
    ['SIGKILL', KILL_LOOKS],
  ] as const) {
    const asked = new Set<number>()
    for (let look = 0; look < looks; look++) {
      const pids = await left()
      if (pids.length === 0) return []
      // One that comes up meanwhile is asked, too.
      for (const pid of pids.filter((one) => !asked.has(one))) {
        asked.add(pid)
        machine.signal(pid, signal)
      }
      await machine.wait(LOOK_MS)
    }
  }
  return left()
}
