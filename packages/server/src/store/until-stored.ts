import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { OctopusError } from '@octopus/protocol/errors.ts'

const OUTAGE_PAUSE_MS: Ms = 1_000

interface UntilStoredNeeds {
  readonly clock: Pick<Clock, 'after'>
  readonly onOutage: (error: unknown) => void
}

/** The store cannot work now, whatever it is asked; any other error is of the one call. */
export function isStoreOut(error: unknown): boolean {
  return error instanceof OctopusError && error.code === 'STORE_UNAVAILABLE'
}

/**
 * For what nobody asks for again: it is tried until the store has taken it, or the signal says that the server stops;
 * then too it is tried once. What fails for a reason of its own would fail for ever: it is told once.
 */
export async function untilStored(
  { clock, onOutage }: UntilStoredNeeds,
  signal: AbortSignal,
  act: () => Promise<void>,
): Promise<void> {
  do {
    try {
      return await act()
    } catch (error) {
      onOutage(error)
      if (!isStoreOut(error)) return
      await clock.after(OUTAGE_PAUSE_MS, signal).catch(() => {})
    }
  } while (!signal.aborted)
}
