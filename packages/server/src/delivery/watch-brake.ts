import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import type { Log } from '@octopus/kit/log.ts'
import { createSignal } from '@octopus/kit/signal.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import type { BrakeReason } from '@octopus/protocol/work.ts'

import type { ClientStore } from '#clients/client-store.ts'
import type { Withheld } from '#executions/execution-store.ts'
import type { ServerBus } from '#live/facts.ts'
import type { SystemStore } from '#live/stats-store.ts'
import type { Actor } from '#store/page.ts'
import { untilStored } from '#store/until-stored.ts'

import {
  awayTooLong,
  BRAKE_MS_MAX,
  type BrakeEnd,
  brakeEnds,
  type BrakeLever,
  type BrakeState,
  tooManyVanished,
} from './brake.ts'
import type { Session } from './session.ts'

interface BrakeNeeds {
  readonly store: Pick<SystemStore, 'recordAudit'> & Pick<ClientStore, 'readClientsAtWork'>
  readonly sessions: { all(): Iterable<Session>; get(client: ClientId): Session | undefined; onlineCount(): number }
  readonly bus: Pick<ServerBus, 'publish' | 'on'>
  readonly clock: Clock
  readonly holdMs: Ms
  /** How long a silent client counts as online. */
  readonly presenceMs: Ms
  readonly log: Log
  /** The server stops: what could not be written down until then is not. */
  readonly signal: AbortSignal
  readonly onOutage: (error: unknown) => void
}

/** So often the server looks whether it was away itself, and whether the brake can end. */
const LOOK_MS: Ms = 10_000
const system: Actor = { kind: 'system', name: 'brake' }

interface Braked {
  readonly reason: BrakeReason
  readonly at: Ms
  readonly since: EpochMs
  readonly gone: Set<ClientId>
  /** Of those, the ones that had work when the server had stood still: that all others are back says nothing of them. */
  readonly atWork: Set<ClientId>
  /** The server stood still: what is in contact as well may have ended without its hearing of it. */
  wasAway: boolean
  /** How many were back at the last look, and when one more of them was. */
  came: { readonly back: number; readonly at: Ms }
  /** When so many vanished last that it would have gone on for that alone: its time counts from then. */
  renewedAt: Ms
  /**
   * How far the sessions of then had come when the server had stood still last. What is read of them first was said
   * before, perhaps by a client that has given them up since: only who echoes what was said after that is there.
   */
  heardOf: ReadonlyMap<Session, number>
}

type Noted = Braked & { readonly why?: BrakeEnd }

/**
 * Notices that clients vanish in masses, or that the server was away itself: then nothing is concluded from silence
 * until most are back. It is in memory only, since a server that starts begins with it.
 */
export class Brake implements BrakeLever {
  readonly #needs: BrakeNeeds
  readonly #wake = createSignal()
  /** Clients that have vanished within a hold, and when. */
  readonly #vanished = new Map<ClientId, Ms>()
  #on: Braked | undefined
  /** The server stood still, and whether work is out is not looked at yet: whom it could not hear meanwhile. */
  #unheard: { readonly clients: readonly ClientId[]; readonly heardOf: Braked['heardOf']; readonly at: Ms } | undefined
  #nextLook: Ms
  /** The store has failed from the one time to the other, with no longer pause in between than presence. */
  #outage: { readonly since: Ms; readonly last: Ms } | undefined

  constructor(needs: BrakeNeeds) {
    this.#needs = needs
    this.#nextLook = needs.clock.monotonic() + LOOK_MS
  }

  /** A client has fallen silent, without having said that it leaves. */
  vanished(client: ClientId): void {
    const now = this.#needs.clock.monotonic()
    this.#vanished.set(client, now)
    this.#on?.gone.add(client)
    const missing = this.#missing(now)
    if (!tooManyVanished({ vanished: missing.length, online: this.#needs.sessions.onlineCount() })) return
    if (this.#on) this.#on.renewedAt = now
    else this.#engage('clients-vanished', missing)
  }

  /** The server has just started, while work is out: at some of these clients, none of which it hears yet. */
  serverStarted(clients: readonly ClientId[]): void {
    if (clients.length > 0) this.#engage('server-started', clients)
  }

  /**
   * Nothing could be written. For longer than presence that is as if the server had stood still: what clients said
   * meanwhile is not stored, and their connections went for it.
   */
  storeFailed(): void {
    const { clock, presenceMs } = this.#needs
    const now = clock.monotonic()
    const goesOn = this.#outage !== undefined && now - this.#outage.last <= presenceMs
    this.#outage = { since: goesOn && this.#outage ? this.#outage.since : now, last: now }
    if (awayTooLong(now - this.#outage.since, presenceMs)) this.#heardNothing(now)
  }

  /** That clients are heard says nothing while what they say cannot be written; one write that goes by chance does not end it. */
  #storeIsOut(now: Ms): boolean {
    if (!this.#outage) return false
    const { since, last } = this.#outage
    const { presenceMs } = this.#needs
    return awayTooLong(last - since, presenceMs) && now - last < presenceMs
  }

  isOn(): boolean {
    this.#noticeOwnPause()
    return this.#on !== undefined
  }

  /** What time alone shall not end now. */
  braked(): Withheld {
    this.#noticeOwnPause()
    if (this.#unheard || this.#on?.wasAway) return 'handed-out'
    return this.#on ? 'out-of-contact' : 'nothing'
  }

  state(): BrakeState {
    if (!this.#on) return { on: false, reason: null, since: null, endsAt: null, gone: 0, back: 0 }
    const { reason, since, gone, at, renewedAt } = this.#on
    const endsAt = since + Math.round(renewedAt - at) + BRAKE_MS_MAX
    return { on: true, reason, since, endsAt, gone: gone.size, back: this.#back(this.#on) }
  }

  async release(actor: Actor): Promise<boolean> {
    if (!this.#on) return false
    await this.#needs.store.recordAudit(this.#audit(actor, 'brake.release', this.#on))
    // A person knows of those who are away; only who vanishes from now on counts.
    this.#vanished.clear()
    this.#end('released')
    return true
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, bus } = this.#needs
    // Told when an inventory is settled.
    const stop = bus.on('client-changed', () => {
      if (this.#on) this.#wake.wake()
    })
    try {
      while (!signal.aborted) {
        this.#noticeOwnPause()
        this.#nextLook = clock.monotonic() + LOOK_MS
        await this.#judgePause()
        this.#endIfOver()
        await firstOf(signal, this.#wake.woken, (either) => clock.after(LOOK_MS, either))
      }
    } finally {
      stop()
    }
  }

  /**
   * The loop looks late: the process stood still. Asked before every conclusion too, since after a pause all timers
   * are due at once and nobody knows which one comes first.
   */
  #noticeOwnPause(): void {
    const { clock, presenceMs } = this.#needs
    const now = clock.monotonic()
    const late = now - this.#nextLook
    if (!awayTooLong(late, presenceMs)) return
    this.#nextLook = now + LOOK_MS
    this.#heardNothing(now)
  }

  #heardNothing(now: Ms): void {
    const sessions = [...this.#needs.sessions.all()]
    // Where the question itself fails, the loop asks again at its next look, and not without end.
    if (!this.#unheard) this.#wake.wake()
    this.#unheard = {
      clients: [...sessions.map(({ client }) => client), ...this.#missing(now)],
      heardOf: new Map(sessions.map((session) => [session, session.serverSeq])),
      at: now,
    }
  }

  /** A pause matters while work is out: those who have it may have been back, or have ended it, with nobody to hear them. */
  async #judgePause(): Promise<void> {
    if (!this.#unheard) return
    try {
      const atWork = await this.#needs.store.readClientsAtWork({})
      // It may have stood still again meanwhile: the last time counts.
      const { clients, heardOf, at } = this.#unheard
      if (atWork.length > 0) {
        const on = this.#engage('server-paused', [...clients, ...atWork])
        // What was heard before the pause says nothing of now, and the time in which nobody could be heard does not count.
        on.wasAway = true
        on.renewedAt = at
        on.heardOf = heardOf
        for (const client of atWork) on.atWork.add(client)
      }
      this.#unheard = undefined
      // Who waits for the word to go on hears it.
      if (!this.#on) this.#needs.bus.publish('brake-changed', { on: false })
    } catch (error) {
      this.#needs.onOutage(error)
    }
  }

  #engage(reason: BrakeReason, clients: readonly ClientId[]): Braked {
    if (this.#on) {
      for (const client of clients) this.#on.gone.add(client)
      return this.#on
    }
    const { clock, log, bus } = this.#needs
    const at = clock.monotonic()
    const gone = new Set(clients)
    const on = { reason, at, since: clock.wall(), gone, atWork: new Set<ClientId>() }
    this.#on = { ...on, wasAway: false, came: { back: 0, at }, renewedAt: at, heardOf: new Map() }
    log.warn('brake on', { reason, clients: gone.size })
    this.#note('brake.on', this.#on)
    bus.publish('brake-changed', { on: true })
    return this.#on
  }

  #endIfOver(): void {
    if (!this.#on) return
    const now = this.#needs.clock.monotonic()
    if (this.#storeIsOut(now)) return
    const { gone, atWork, came, renewedAt } = this.#on
    const back = this.#back(this.#on)
    if (back !== came.back) this.#on.came = { back, at: back > came.back ? now : came.at }
    const nobodyCameForMs = now - this.#on.came.at
    const backAtWork = this.#back(this.#on, atWork)
    const why = brakeEnds({
      onForMs: now - renewedAt,
      gone: gone.size,
      back,
      nobodyCameForMs,
      atWork: atWork.size,
      backAtWork,
    })
    if (!why) return
    this.#note('brake.end', { ...this.#on, why })
    this.#end(why)
  }

  #end(why: BrakeEnd): void {
    this.#on = undefined
    this.#needs.log.warn('brake off', { why })
    this.#needs.bus.publish('brake-changed', { on: false })
  }

  /** Heard again since the brake went on, and what they hold is settled: before that, it may be lost by nothing but haste. */
  #back({ gone, heardOf }: Braked, among: ReadonlySet<ClientId> = gone): number {
    let back = 0
    for (const client of among) {
      const session = this.#needs.sessions.get(client)
      if (session?.phase === 'ready' && session.echoed > (heardOf.get(session) ?? -1)) back += 1
    }
    return back
  }

  /** Vanished within a hold and not back. */
  #missing(now: Ms): readonly ClientId[] {
    for (const [client, at] of this.#vanished) {
      if (now - at > this.#needs.holdMs || this.#needs.sessions.get(client)) this.#vanished.delete(client)
    }
    return [...this.#vanished.keys()]
  }

  /** The store may be what is wrong just then. */
  #note(action: string, on: Noted): void {
    const entry = this.#audit(system, action, on)
    void untilStored(this.#needs, this.#needs.signal, () => this.#needs.store.recordAudit(entry))
  }

  #audit(actor: Actor, action: string, on: Noted): Parameters<SystemStore['recordAudit']>[0] {
    const details = JSON.stringify({ reason: on.reason, gone: on.gone.size, back: this.#back(on), why: on.why })
    return { now: this.#needs.clock.wall(), actor, action, subject: 'brake', details }
  }
}
