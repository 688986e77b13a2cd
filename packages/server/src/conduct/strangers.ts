import type { Clock } from '@octopus/kit/clock.ts'
import { sourceKey } from '@octopus/kit/source-key.ts'
import { type Rate, TokenBucket } from '@octopus/kit/token-bucket.ts'

/**
 * Connections of one address that never became a session by their own fault. A whole company may come from one address,
 * and its PCs do not fail; who fails on purpose takes no more than a hundredth of the server by it.
 */
const FAILURES: Rate = { burst: 5_000, perSecond: 50 }
/** Addresses that are remembered: those that failed longest ago have paid anyway. */
const ADDRESSES_MAX = 20_000

/** Knows which addresses have only failed lately, so that they are refused before anything is done for them. */
export class Strangers {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #failures = new Map<string, TokenBucket>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  admits(address: string): boolean {
    const failures = this.#failures.get(sourceKey(address))
    return failures === undefined || failures.left(this.#clock.monotonic()) >= 1
  }

  failed(address: string): void {
    const key = sourceKey(address)
    const now = this.#clock.monotonic()
    const failures = this.#failures.get(key) ?? new TokenBucket(FAILURES, now)
    failures.spend(1, now)
    this.#failures.delete(key)
    this.#failures.set(key, failures)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > ADDRESSES_MAX && oldest !== undefined) this.#failures.delete(oldest)
  }
}
