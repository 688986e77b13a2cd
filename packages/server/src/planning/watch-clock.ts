import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'

import type { ServerBus } from '#live/facts.ts'

/** A step of the wall clock beyond this is worth an alert: schedules and deadlines have moved with it. */
const STEP_MS: Ms = 5_000
/** How often the two clocks are held against each other. */
const LOOK_MS: Ms = 10_000

interface WatchClockNeeds {
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
  readonly bus: Pick<ServerBus, 'publish'>
}

/**
 * Says when the wall clock was set, or the machine slept: what was due in between is an outage, and after a step back
 * nothing runs twice, so schedules stand still until the clock has caught up. Ends with the signal.
 */
export async function watchClock({ clock, log, bus }: WatchClockNeeds, signal: AbortSignal): Promise<void> {
  let ahead = clock.wall() - clock.monotonic()
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
  }
}
