import type { Ms } from './clock.ts'

/** How much may be done: `burst` at once, and then `perSecond`. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

/** Tokens that are spent and come again with time. Time is the caller's, by a clock that never steps. */
export class TokenBucket {
  readonly #rate: Rate
  #left: number
  #at: Ms

  constructor(rate: Rate, now: Ms) {
    this.#rate = rate
    this.#left = rate.burst
    this.#at = now
  }

  /** Below zero there is a debt. */
  left(now: Ms): number {
    const { burst, perSecond } = this.#rate
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) / 1_000) * perSecond)
    this.#at = now
    return this.#left
  }

  /** Takes so many, also those that are not there. Answers how long it takes until the debt is paid. */
  spend(tokens: number, now: Ms): Ms {
    this.#left = this.left(now) - tokens
    return this.msUntil(0, now)
  }

  giveBack(tokens: number, now: Ms): void {
    this.#left = Math.min(this.#rate.burst, this.left(now) + tokens)
  }

  /** How long it takes until there are so many. */
  msUntil(tokens: number, now: Ms): Ms {
    return Math.max(0, Math.ceil(((tokens - this.left(now)) / this.#rate.perSecond) * 1_000))
  }

  isFull(now: Ms): boolean {
    return this.left(now) >= this.#rate.burst
  }
}
