import type { Clock, Ms } from '@octopus/kit/clock.ts'

const OUTAGE_PAUSE_MS: Ms = 1_000

interface UntilStoredNeeds {
  readonly clock: Pick<Clock, 'after'>
  readonly onOutage: (error: unknown) => void
}

/**
 * For what nobody asks for again: it is tried until the store has taken it, or the signal says that the server stops;
 * then too it is tried once.
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
      await clock.after(OUTAGE_PAUSE_MS, signal).catch(() => {})
    }
  } while (!signal.aborted)
}
