import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'

import type { ServerBus } from '#live/facts.ts'
import type { SystemStore } from '#live/stats-store.ts'

/** A step of the wall clock beyond this is worth an alert: schedules and deadlines have moved with it. */
const STEP_MS: Ms = 5_000
/** How often the two clocks are held against each other. */
const LOOK_MS: Ms = 10_000
/** By so much steady time and the wall clock may have moved apart before it is written down: they always do a little. */
const DRIFT_MS: Ms = 1_000

interface WatchClockNeeds {
  readonly store: Pick<SystemStore, 'noteSteadyAhead'>
  readonly clock: Clock
  readonly steady: () => EpochMs
  /** How far steady time was ahead of the wall clock when that was written down last. */
  readonly notedAheadMs: Ms
  readonly log: Pick<Log, 'warn'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly onOutage: (error: unknown) => void
}

/**
 * Says when the wall clock was set, or the machine slept: what was due in between is an outage, and after a step back
 * nothing runs twice, so schedules stand still until the clock has caught up. And writes down how far steady time is
 * ahead, for the next life of the server. Ends with the signal.
 */
export async function watchClock(needs: WatchClockNeeds, signal: AbortSignal): Promise<void> {
  const { store, clock, steady, log, bus, onOutage } = needs
  let ahead = clock.wall() - clock.monotonic()
  // As stored, not as it is now: the clock may have been set since the start, which takes its time, read it.
  let noted = needs.notedAheadMs
  while (!signal.aborted) {
    await clock.after(LOOK_MS, signal).catch(() => {})
    if (signal.aborted) return
    const now = clock.wall() - clock.monotonic()
    const byMs = Math.round(now - ahead)
    if (Math.abs(byMs) > STEP_MS) {
      log.warn('the wall clock was set, or the machine slept', { byMs })
      bus.publish('clock-stepped', { byMs })
    }
    ahead = now
    const aheadMs = steady() - clock.wall()
    if (Math.abs(aheadMs - noted) <= DRIFT_MS) continue
    try {
      await store.noteSteadyAhead({ aheadMs })
      noted = aheadMs
    } catch (error) {
      onOutage(error)
    }
  }
}
