import type { Clock } from '@octopus/kit/clock.ts'
import { type Rate, TokenBucket } from '@octopus/kit/token-bucket.ts'
import { refusal } from '@octopus/protocol/errors.ts'

/** More keys than this are not remembered: the ones that were quiet longest are full again anyway. */
const KEYS_MAX = 20_000

/**
 * A bucket of tries per key (an address, an account, a caller), refilled with time. There is no lock-out: whoever waits
 * the seconds that the refusal names may try again.
 */
export class RateLimit {
  readonly #rate: Rate
  readonly #clock: Pick<Clock, 'monotonic'>
  /** In the order of their last use, so that the oldest go first. */
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(rate: Rate, clock: Pick<Clock, 'monotonic'>) {
    this.#rate = rate
    this.#clock = clock
  }

  /** Takes one try of the key; throws TOO_MANY_REQUESTS when there is none. */
  take(key: string): void {
    const now = this.#clock.monotonic()
    const bucket = this.#used(key)
    const waitMs = bucket.msUntil(1, now)
    if (waitMs > 0) throw refusal('TOO_MANY_REQUESTS', { seconds: Math.max(1, Math.ceil(waitMs / 1_000)) })
    bucket.spend(1, now)
  }

  /** The try was a good one: it does not count. */
  giveBack(key: string): void {
    this.#used(key).giveBack(1, this.#clock.monotonic())
  }

  #used(key: string): TokenBucket {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, this.#clock.monotonic())
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > KEYS_MAX) this.#dropOldest()
    return bucket
  }

  #dropOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key)
      return
    }
  }
}
