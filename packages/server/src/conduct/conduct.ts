import type { Ms } from '@octopus/kit/clock.ts'
import { type Rate, TokenBucket } from '@octopus/kit/token-bucket.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { Offence } from './offence.ts'

/**
 * What a session may send, in the units of `unitsOf`. A client that runs 500 short executions a second needs some 4,000;
 * what is more is read later, not dropped.
 */
export const PACE: Rate = { burst: 20_000, perSecond: 5_000 }
/** An offence costs as much as so many units: who lies is read a hundred times a second, not thousands. */
export const OFFENCE_UNITS = 50
/**
 * Offences that end no session. A client that was enrolled anew over its old journal has a few hundred entries that are
 * none of its own any more, says them once, and has done nothing wrong.
 */
export const FORGIVEN: Rate = { burst: 500, perSecond: 1 }
/** Sessions of one client. A network that comes and goes makes one every few seconds at worst. */
export const SESSIONS: Rate = { burst: 20, perSecond: 0.5 }
/** How long a client stays out whose session ended by its own fault: the first time, and as often again at most. */
export const BAN_MS_MIN: Ms = 10_000
/** Not longer than a hold: whatever was wrong, its executions are not given up for that alone. */
export const BAN_MS_MAX: Ms = 120_000
/** After so long without a fault the next one counts as the first. */
const STRIKES_KEPT_MS: Ms = 600_000
/** Time for which it was not read, together, that is worth a row in the audit trail. */
const THROTTLED_MS: Ms = 30_000

/** Said of an offence: what it was about, for whoever reads the audit trail. Short, whatever the client sent. */
export type Example = Readonly<Record<string, string | number>>

/** How all clients behave. */
export interface Conducts {
  of(client: ClientId): Conduct
  /** The client has no connection any more: what is not worth remembering is forgotten. */
  gone(client: ClientId): void
  /** Offences that weigh: who goes on with them is shut out. Resolves when the audit trail has the first of them. */
  offended(client: ClientId, offence: Offence, count: number, example: Example): Promise<void>
  /** Counted and written, no more. */
  note(client: ClientId, offence: Offence, count: number, example: Example): Promise<void>
}

/** How one client behaves, over all its sessions. Pure: time comes in, by a clock that never steps. */
export class Conduct {
  readonly #pace: TokenBucket
  readonly #forgiven: TokenBucket
  readonly #sessions: TokenBucket
  #strikes = 0
  #struckAt: Ms
  #barredUntil: Ms
  #throttledMs: Ms = 0

  constructor(now: Ms) {
    this.#pace = new TokenBucket(PACE, now)
    this.#forgiven = new TokenBucket(FORGIVEN, now)
    this.#sessions = new TokenBucket(SESSIONS, now)
    this.#struckAt = now
    this.#barredUntil = now
  }

  /** It has sent so much. Answers for how long nothing more is to be read of it. */
  spend(units: number, now: Ms): Ms {
    return this.#pace.spend(units, now)
  }

  owesMs(now: Ms): Ms {
    return this.#pace.msUntil(0, now)
  }

  /** Nothing was read of it for so long. Answers how many times this has become worth a word. */
  throttled(ms: Ms): number {
    this.#throttledMs += ms
    const times = Math.floor(this.#throttledMs / THROTTLED_MS)
    this.#throttledMs -= times * THROTTLED_MS
    return times
  }

  offend(count: number, now: Ms): void {
    this.#forgiven.spend(count, now)
    this.#pace.spend(count * OFFENCE_UNITS, now)
  }

  /** More was wrong than is forgiven: the session ends. */
  isIntolerable(now: Ms): boolean {
    return this.#forgiven.left(now) < 0
  }

  /** Its session ends by its own fault. Answers how long it stays out: longer each time. */
  strike(now: Ms): Ms {
    this.#strikes = now - this.#struckAt > STRIKES_KEPT_MS ? 1 : this.#strikes + 1
    this.#struckAt = now
    // It pays by staying out; what it did before is not held against its next session.
    this.#forgiven.giveBack(Math.max(0, -this.#forgiven.left(now)), now)
    const ban = Math.min(BAN_MS_MAX, BAN_MS_MIN * 2 ** (this.#strikes - 1))
    this.#barredUntil = now + ban
    return ban
  }

  /** How long it has to stay out still; 0: it may come. */
  barredMs(now: Ms): Ms {
    return Math.max(0, this.#barredUntil - now)
  }

  /** It begins a session. Answers how long it has to wait instead; 0: it may. */
  begin(now: Ms): Ms {
    const wait = this.#sessions.msUntil(1, now)
    if (wait === 0) this.#sessions.spend(1, now)
    return wait
  }

  /** Nothing of it has to be remembered. */
  isSpotless(now: Ms): boolean {
    const forgotten = this.#strikes === 0 || now - this.#struckAt > STRIKES_KEPT_MS
    return forgotten && [this.#pace, this.#forgiven, this.#sessions].every((bucket) => bucket.isFull(now))
  }
}
