import type { Clock } from '@octopus/kit/clock.ts'

/** Whether a process stands still (SIGSTOP): what is due meanwhile is dealt with when it goes on. */
export class Stillness {
  #resumed: Promise<void> | undefined
  #resume: () => void = () => {}

  get isStill(): boolean {
    return this.#resumed !== undefined
  }

  stop(): void {
    if (this.#resumed) return
    this.#resumed = new Promise((resolve) => (this.#resume = resolve))
  }

  goOn(): void {
    const resume = this.#resume
    this.#resumed = undefined
    resume()
  }

  async over(): Promise<void> {
    while (this.#resumed) await this.#resumed
  }
}

/** A clock of one process: once the process is dead, nothing that waits in it ever wakes; while it stands still, nothing does yet. */
export function mortalClock(clock: Clock, life: AbortSignal, stillness = new Stillness()): Clock {
  const mortal = (wait: Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = async (then: () => void): Promise<void> => {
        await stillness.over()
        if (!life.aborted) then()
      }
      wait.then(
        () => void (stillness.isStill ? go(resolve) : life.aborted || resolve()),
        (error: unknown) => void (stillness.isStill ? go(() => reject(error)) : life.aborted || reject(error)),
      )
    })
  return {
    wall: () => clock.wall(),
    monotonic: () => clock.monotonic(),
    until: (at, signal) => mortal(clock.until(at, AbortSignal.any([signal, life]))),
    after: (ms, signal) => mortal(clock.after(ms, AbortSignal.any([signal, life]))),
  }
}
