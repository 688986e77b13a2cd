import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'

/** How much one key may do: `burst` at once, and then `perSecond`. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

interface Bucket {
  left: number
  at: Ms
}

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
  readonly #buckets = new Map<string, Bucket>()

  constructor(rate: Rate, clock: Pick<Clock, 'monotonic'>) {
    this.#rate = rate
    this.#clock = clock
  }

  /** Takes one try of the key; throws TOO_MANY_REQUESTS when there is none. */
  take(key: string): void {
    const bucket = this.#refilled(key)
    if (bucket.left < 1) {
      throw refusal('TOO_MANY_REQUESTS', { seconds: Math.max(1, Math.ceil((1 - bucket.left) / this.#rate.perSecond)) })
    }
    bucket.left -= 1
  }

  /** The try was a good one: it does not count. */
  giveBack(key: string): void {
    const bucket = this.#refilled(key)
    bucket.left = Math.min(this.#rate.burst, bucket.left + 1)
  }

  #refilled(key: string): Bucket {
    const now = this.#clock.monotonic()
    const found = this.#buckets.get(key) ?? { left: this.#rate.burst, at: now }
    found.left = Math.min(this.#rate.burst, found.left + ((now - found.at) / 1_000) * this.#rate.perSecond)
    found.at = now
    this.#buckets.delete(key)
    this.#buckets.set(key, found)
    if (this.#buckets.size > KEYS_MAX) this.#dropOldest()
    return found
  }

  #dropOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key)
      return
    }
  }
}

/** An address as a key. One household or attacker has a whole IPv6 network: its first 64 bits count. */
export function sourceKey(address: string): string {
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`
}
