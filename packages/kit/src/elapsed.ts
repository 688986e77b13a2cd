import type { Clock, Ms } from './clock.ts'

/** How long ago something was. */
export interface Watch {
  /** The larger of what both clocks say: a laptop that slept, or a wall clock that was set, is rather too late than too early. */
  elapsed(): Ms
}

/** Starts a watch now. */
export function startWatch(clock: Pick<Clock, 'wall' | 'monotonic'>): Watch {
  const wallAt = clock.wall()
  const monotonicMs = clock.monotonic()
  return { elapsed: () => Math.max(clock.wall() - wallAt, clock.monotonic() - monotonicMs) }
}
