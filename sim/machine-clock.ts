import type { Clock, Ms } from '@octopus/kit/clock.ts'

/** A timer sleeps no longer at once, so that a clock that was set is noticed, as in the real one. */
const SLEEP_MS_MAX: Ms = 10_000
/** What rounding leaves of a wait may be too little to move a clock at all: then it would never end. */
const SLIVER_MS: Ms = 0.001

/** The clocks of one machine: how far its wall clock and its monotonic clock are from the true time of the simulation. */
export class MachineClock {
  /** Somebody sets it, or it was never right. */
  wallOffsetMs: Ms = 0
  /** A machine that was suspended: its monotonic clock stood still meanwhile. */
  monotonicOffsetMs: Ms = 0
  readonly clock: Clock

  constructor(truth: Clock) {
    const wall = (): number => truth.wall() + this.wallOffsetMs
    const monotonic = (): number => truth.monotonic() + this.monotonicOffsetMs
    const sleepWhile = async (left: () => Ms, signal: AbortSignal): Promise<void> => {
      await truth.after(Math.max(0, Math.min(left(), SLEEP_MS_MAX)), signal)
      while (left() > 0) await truth.after(Math.max(SLIVER_MS, Math.min(left(), SLEEP_MS_MAX)), signal)
    }
    this.clock = {
      wall,
      monotonic,
      until: (at, signal) => sleepWhile(() => at - wall(), signal),
      after: (ms, signal) => {
        const end = monotonic() + ms
        return sleepWhile(() => end - monotonic(), signal)
      },
    }
  }
}
