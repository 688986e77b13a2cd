import type { Clock } from '@octopus/kit/clock.ts'
import type { Rate } from '@octopus/kit/token-bucket.ts'
import type { RateClass } from '@octopus/protocol/rest/routes.ts'

import { RateLimit } from './rate-limit.ts'

/** A body from somebody who has not shown who he is yet: a name and a password, or what a PC says of itself. */
export const STRANGER_BODY_BYTES_MAX = 65_536

/**
 * How often one caller may do what. Who is signed in and floods the server is known by name, and its work waits in the
 * queue of everybody's: so reads and writes are limited only beyond what the machine can do (a script that makes
 * thousands of tasks a second is what the server is for), as a stop for endless loops.
 */
const RATES: Readonly<Record<RateClass, Rate>> = {
  // Per address, failures only: a whole office behind one address signs in, and its PCs enrol, without noticing.
  'sign-in': { burst: 100, perSecond: 1 / 3 },
  read: { burst: 20_000, perSecond: 10_000 },
  write: { burst: 20_000, perSecond: 10_000 },
  live: { burst: 60, perSecond: 2 },
}

/** Tokens and cookies that are none, per address; those under way count until they are known. Nobody guesses 256 bits. */
const GUESSES: Rate = { burst: 2_000, perSecond: 2 }
/** Guesses at one account's password, from wherever. Who knows it waits two seconds at worst. */
const ACCOUNT: Rate = { burst: 20, perSecond: 0.5 }

export interface RateLimits {
  readonly byClass: Readonly<Record<RateClass, RateLimit>>
  readonly guesses: RateLimit
  readonly accounts: RateLimit
}

export function createRateLimits(clock: Pick<Clock, 'monotonic'>): RateLimits {
  const limit = (rate: Rate): RateLimit => new RateLimit(rate, clock)
  return {
    byClass: {
      'sign-in': limit(RATES['sign-in']),
      read: limit(RATES.read),
      write: limit(RATES.write),
      live: limit(RATES.live),
    },
    guesses: limit(GUESSES),
    accounts: limit(ACCOUNT),
  }
}
