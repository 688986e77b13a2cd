import type { Clock } from '@octopus/kit/clock.ts'

/** A clock of one process: once the process is dead, nothing that waits in it ever wakes. */
export function mortalClock(clock: Clock, life: AbortSignal): Clock {
  const mortal = (wait: Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      wait.then(
        () => life.aborted || resolve(),
        (error: unknown) => life.aborted || reject(error),
      )
    })
  return {
    wall: () => clock.wall(),
    monotonic: () => clock.monotonic(),
    until: (at, signal) => mortal(clock.until(at, AbortSignal.any([signal, life]))),
    after: (ms, signal) => mortal(clock.after(ms, AbortSignal.any([signal, life]))),
  }
}
