/** Milliseconds since the epoch, as a wall clock shows them. Kept apart from durations by its name only: `...At`, `...Until`. */
export type EpochMs = number
/** A duration in milliseconds. */
export type Ms = number

/**
 * The only way to read or to wait for time. Everything that needs time takes a `Clock`, so that tests and the
 * simulator decide what time it is.
 */
export interface Clock {
  /** Milliseconds since the epoch. May step; for schedules, deadlines and people. */
  wall(): EpochMs
  /** Milliseconds since some start. Never steps, never goes back; for presence, hold and timeouts. */
  monotonic(): Ms
  /** Resolves when wall time `at` is reached. Sleeps at most 10 s at a time and looks again. Rejects with the signal's reason. */
  until(at: EpochMs, signal: AbortSignal): Promise<void>
  /** Resolves after a monotonic duration. Rejects with the signal's reason. */
  after(ms: Ms, signal: AbortSignal): Promise<void>
}

/** Wall clocks step and long timers fire at once when a machine wakes: no single sleep is longer than this. */
const SLEEP_MS_MAX = 10_000

/** The machine's own clock. `setTimeout` rounds down by up to a millisecond, so every sleep looks again before it ends. */
export function createSystemClock(): Clock {
  const wall = (): EpochMs => Date.now()
  const monotonic = (): Ms => performance.now()
  return {
    wall,
    monotonic,
    until: (at, signal) => sleepWhile(() => at - wall(), signal),
    after: (ms, signal) => {
      const end = monotonic() + ms
      return sleepWhile(() => end - monotonic(), signal)
    },
  }
}

function sleepWhile(left: () => Ms, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const look = (): void => {
      const ms = left()
      if (ms <= 0) {
        signal.removeEventListener('abort', stop)
        resolve()
      } else {
        timer = setTimeout(look, Math.min(Math.ceil(ms), SLEEP_MS_MAX))
      }
    }
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    look()
  })
}
