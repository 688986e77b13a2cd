import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import { Broken } from './broken.ts'
import type { Contacts } from './contacts.ts'
import type { TrueAttempt } from './ground-truth.ts'
import type { SimClient } from './sim-client.ts'
import { HOLD_MS } from './sim-server.ts'
import { AWAKE_MS, type World } from './world.ts'

/** The server's grace beyond the time of an attempt. Written here again on purpose: the server's number is on trial. */
const GRACE_MS: Ms = 60_000
/** A look of the server at a clock that was set, the way of the cancel, the whole kill ladder. */
const STOPPED_MS: Ms = 30_000

/**
 * When processes must be gone, in ground truth (R8 and D5): one that is in contact when its time and the grace are over,
 * and one that is out of contact, and stops then, when its hold is.
 */
export class ProcessInvariants {
  readonly #world: World
  readonly #contacts: Contacts
  #engine: World['server']['engine']
  /** How far the steady time of the server is from the true time, and since when: it begins anew with each start. */
  #ahead: Ms = 0
  #aheadSince: EpochMs = 0

  constructor(world: World, contacts: Contacts) {
    this.#world = world
    this.#contacts = contacts
  }

  check(): void {
    this.#noteStart()
    const alive = this.#world.truth.alive()
    if (alive.length === 0) return
    const now = this.#world.clock.wall()
    for (const attempt of alive) {
      const client = this.#world.clients.find(({ name }) => name === attempt.client)
      if (!client) continue
      this.#inTime(attempt, client, now)
      this.#beforeHoldEnds(attempt, client, now)
    }
  }

  #noteStart(): void {
    const { engine } = this.#world.server
    if (!engine || engine === this.#engine) return
    const now = this.#world.clock.wall()
    const ahead = Math.round(engine.steady() - now)
    if (Math.abs(ahead - this.#ahead) > 1) this.#aheadSince = now
    this.#ahead = ahead
    this.#engine = engine
  }

  /** R8: a start of which the server hears only when its client comes back counts from then, and so does the grace. */
  #inTime({ key, startedAt, timeoutMs, isForgotten }: TrueAttempt, { name }: SimClient, now: EpochMs): void {
    const age = now - startedAt
    if (Math.min(age, this.#contacts.lastsMs(name)) <= timeoutMs + GRACE_MS + STOPPED_MS) return
    // What a store that went back in time does not know is the client's to keep, and what was lied about is anybody's guess.
    if (isForgotten || this.#world.liedAbout.has(key.execution)) return
    // A start that was written down before the server's clocks began anew, at another time, is not when it believes.
    if (startedAt < this.#aheadSince) return
    throw new Broken(`R8: ${key.execution} fence ${key.fence} runs ${age} ms, and may for ${timeoutMs} ms`)
  }

  /** D5: the hold counts from when the last heartbeat was sent that the server has taken. */
  #beforeHoldEnds({ key, client: name, onDisconnect }: TrueAttempt, client: SimClient, now: EpochMs): void {
    if (onDisconnect !== 'stop') return
    const heardAt = this.#world.heardAt.get(name) ?? 0
    if (now - heardAt <= HOLD_MS || this.#world.mayBeOverdue(name) || isClockless(client, heardAt, now)) return
    throw new Broken(`D5: ${key.execution} fence ${key.fence} runs ${now - heardAt} ms after ${name} was heard last`)
  }
}

/**
 * Neither clock has seen a sleep: the monotonic one stood still, and the wall clock was set meanwhile, or the process that
 * would look at it stands still in its turn. That is one of the limits of the promise.
 */
function isClockless({ slept, clockSetAt, stillness, wentOnAt }: SimClient, since: EpochMs, now: EpochMs): boolean {
  const isUnseen = slept.some(({ until = now, ...one }) => one.isUnseen && until > since)
  return isUnseen && (clockSetAt > since || stillness.isStill || now < wentOnAt + AWAKE_MS)
}
