import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import type { Random } from '@octopus/kit/random.ts'
import { createSignal } from '@octopus/kit/signal.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { BATCH_ITEMS_MAX, MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { Language } from '@octopus/protocol/work.ts'

import {
  type ExecutionStore,
  type HandOverOutcome,
  type Placement,
  type QueuedExecution,
  REJECTION_PAUSE_MS,
  type Slot,
  type Takers,
} from '#executions/execution-store.ts'
import type { ServerBus } from '#live/facts.ts'
import { untilStored } from '#store/until-stored.ts'

import { chooseClients, type Taker } from './choose-client.ts'
import { LaterLooks } from './later-looks.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

interface HandOverNeeds {
  readonly store: Pick<ExecutionStore, 'readQueued' | 'readRetries' | 'shortenPauses' | 'handOver' | 'takeBack'>
  readonly sessions: Sessions
  readonly bus: ServerBus
  readonly clock: Clock
  readonly steady: () => EpochMs
  readonly random: Random
  readonly onOutage: (error: unknown) => void
}

/** Executions handed over in one transaction: keeps it below about 20 ms. */
const ROUND_PLACEMENTS = 500
/** Clients whose slots are read in one round; the others come in the next one, which follows at once. */
const ROUND_CLIENTS = 500
/** Of those who could take what is for anyone, so many of each language are named to the store: what all of them rejected stays behind. */
const TAKERS_NAMED = 500
const NO_USERS: ReadonlyMap<string, ClientId> = new Map()
const OUTAGE_PAUSE_MS: Ms = 1_000
/** What could not be handed over as planned is planned again after this long: when the change has come to memory too. */
const STALE_PAUSE_MS: Ms = 1_000

/**
 * The loop in which executions are given to clients. It looks only at slots where something may have changed (something
 * queued, a place free, a client came), so that idle clients cost nothing.
 */
export class HandOver {
  readonly #needs: HandOverNeeds
  readonly #wake = createSignal()
  /** Clients whose own slots, and whose user's, are to be looked at. */
  readonly #clients = new Set<ClientId>()
  /** Users whose clients are to be looked at. */
  readonly #users = new Set<string>()
  #any = false
  /** The wall clock was set, for all that is known at the start: pauses go by it. */
  #clockStepped = true
  /** Looks that a pause has put off. */
  readonly #later = new LaterLooks<ClientId>()
  /** The same of users: who handed back what is theirs may be gone by then, or another of their clients is the newest. */
  readonly #usersLater = new LaterLooks<string>()
  /** Next attempts: those that may begin by `seenUntil` have been looked at; `nextAt` is when the next one may, null if none waits. */
  readonly #retries: { seenUntil: EpochMs; nextAt: EpochMs | null } = { seenUntil: 0, nextAt: 0 }
  readonly #takingBack = new Set<Promise<void>>()

  constructor(needs: HandOverNeeds) {
    this.#needs = needs
  }

  /** This client can take work, perhaps for the first time, perhaps again. */
  lookAt(client: ClientId): void {
    this.#clients.add(client)
    this.#wake.wake()
  }

  /** The newest client of this user may be another one now. */
  lookAtUser(user: string): void {
    this.#users.add(user)
    this.#wake.wake()
  }

  /** As `lookAt`, at a later time. */
  lookLater(client: ClientId, at: EpochMs): void {
    this.#later.add(client, at)
    this.#wake.wake()
  }

  /** What was queued in these slots, after this client had rejected it in passing, is looked at again when its pause is over. */
  rejectedInPassing(client: ClientId, slots: readonly Slot[]): void {
    const at = this.#needs.clock.wall() + REJECTION_PAUSE_MS
    for (const { kind, value } of slots) if (kind === 'user') this.#usersLater.add(value, at)
    this.lookLater(client, at)
  }

  async run(signal: AbortSignal): Promise<void> {
    const stops = this.#listen()
    this.#retries.seenUntil = this.#needs.clock.wall()
    try {
      while (!signal.aborted) {
        try {
          if (!(await this.#round(signal))) await this.#idle(signal)
        } catch (error) {
          if (signal.aborted) return
          this.#needs.onOutage(error)
          this.#lookAtAll()
          await this.#needs.clock.after(OUTAGE_PAUSE_MS, signal).catch(() => {})
        }
      }
    } finally {
      for (const stop of stops) stop()
      await Promise.all(this.#takingBack)
    }
  }

  #listen(): readonly (() => void)[] {
    const { bus, sessions } = this.#needs
    return [
      bus.on('touched', ({ queuedSlots, freed, retriesInMs }) => {
        if (retriesInMs !== undefined) this.#noteRetry(retriesInMs)
        for (const { client, execution } of freed) {
          sessions.release(client, execution)
          this.lookAt(client)
        }
        for (const slot of queuedSlots) this.#noteQueued(slot)
      }),
      bus.on('clock-stepped', () => {
        this.#clockStepped = true
        this.#lookAtAll()
      }),
      bus.on('work-stopped', ({ stopped }) => {
        if (!stopped) this.#lookAtAll()
      }),
    ]
  }

  /** By a clock that was set back, what waits for half a minute would wait until that clock has caught up. */
  async #shortenPauses(now: EpochMs): Promise<void> {
    if (!this.#clockStepped) return
    this.#clockStepped = false
    try {
      await this.#needs.store.shortenPauses({ now })
    } catch (error) {
      this.#clockStepped = true
      throw error
    }
    for (const later of [this.#later, this.#usersLater]) later.shorten(now + REJECTION_PAUSE_MS)
    this.#retries.seenUntil = Math.min(this.#retries.seenUntil, now)
    this.#retries.nextAt = now
  }

  #noteRetry(inMs: Ms): void {
    const at = this.#needs.clock.wall() + inMs
    const { nextAt } = this.#retries
    if (nextAt !== null && nextAt <= at) return
    this.#retries.nextAt = at
    this.#wake.wake()
  }

  /** Slots in which a next attempt may begin by now, and when the next one will. */
  async #takeDueRetries(now: EpochMs): Promise<void> {
    const { nextAt, seenUntil } = this.#retries
    if (nextAt === null || nextAt > now) return
    // What is written meanwhile says so itself.
    this.#retries.nextAt = null
    try {
      const due = await this.#needs.store.readRetries({ now, after: Math.min(seenUntil, now) })
      this.#retries.seenUntil = now
      for (const slot of due.slots) this.#noteQueued(slot)
      if (due.nextAt !== null) this.#noteRetry(due.nextAt - this.#needs.clock.wall())
    } catch (error) {
      this.#retries.nextAt = nextAt
      throw error
    }
  }

  #noteQueued(slot: Slot): void {
    if (slot.kind === 'any') {
      this.#any = true
      this.#wake.wake()
      return
    }
    if (slot.kind === 'client') this.lookAt(slot.value as ClientId)
    else this.lookAtUser(slot.value)
  }

  #takeUsers(): void {
    if (this.#users.size === 0) return
    for (const { client, userId } of this.#needs.sessions.all())
      if (userId !== null && this.#users.has(userId)) this.#clients.add(client)
    this.#users.clear()
  }

  #lookAtAll(): void {
    for (const session of this.#needs.sessions.all()) this.#clients.add(session.client)
    this.#any = true
    this.#wake.wake()
  }

  #lookAgain(looked: readonly ClientId[], any: boolean): void {
    for (const client of looked) this.#clients.add(client)
    this.#any ||= any
    this.#wake.wake()
  }

  /** One look, decision and commit. False: there was nothing to look at. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { store, sessions, clock, random } = this.#needs
    const sessionsOf = (clients: readonly ClientId[]): Session[] =>
      clients.flatMap((client) => sessions.get(client) ?? [])
    const now = clock.wall()
    await this.#shortenPauses(now)
    await this.#takeDueRetries(now)
    this.#takeDueLooks(now)
    this.#takeUsers()
    const looked = [...this.#clients].slice(0, ROUND_CLIENTS)
    const any = this.#any
    for (const client of looked) this.#clients.delete(client)
    this.#any = false
    if (looked.length === 0 && !any) return false
    const ofUsers = looked.some((client) => (sessions.get(client)?.userId ?? null) !== null)
    const clientOfUser = ofUsers ? this.#clientsOfUsers() : NO_USERS
    const slots = slotsToRead({
      looked,
      forAnyone: any ? [...sessions.all()] : sessionsOf(looked),
      clientOfUser,
      sessions,
    })
    if (slots.length === 0) return true
    const queued = await store.readQueued({ now, slots })
    if (queued.length === 0) return true
    const forAnyone = queued.filter(({ slot }) => slot.kind === 'any').length
    const candidates = forAnyone > 0 ? [...sessions.all()] : sessionsOf(looked)
    const takers = candidates.filter((session) => session.takesWork).map(takerOf)
    const chosen = chooseClients({ queued: queued.toSorted(byPriorityAndAge), takers, clientOfUser, now }, random)
      // Read sooner than it was heard that its last attempt is out of this client's hands: it is looked at with that.
      .filter(({ client, execution }) => sessions.get(client)?.inFlight.has(execution) !== true)
      .slice(0, ROUND_PLACEMENTS)
    // More may be queued than was read: for anyone, as much is read as those have room for who were looked at.
    const more = chosen.length === ROUND_PLACEMENTS || forAnyone >= limitForAnyone(slots)
    if (chosen.length > 0 && more) this.#lookAgain(looked, any)
    if (chosen.length > 0) await this.#commit(chosen, signal)
    return true
  }

  async #commit(placements: readonly Placement[], signal: AbortSignal): Promise<void> {
    const { store, sessions, bus, clock, steady } = this.#needs
    // Counted as taken while the commit is under way, so that no place is given twice.
    for (const { client, execution } of placements) sessions.get(client)?.inFlight.add(execution)
    try {
      const { outcomes, touched } = await store.handOver({ now: clock.wall(), steady: steady(), placements })
      this.#send(outcomes, signal)
      const waitedMs = outcomes.flatMap((outcome) => (outcome.outcome === 'handed-over' ? [outcome.waitedMs] : []))
      if (waitedMs.length > 0) bus.publish('handed-over', { waitedMs })
      bus.publish('touched', touched)
    } catch (error) {
      for (const { client, execution } of placements) sessions.release(client, execution)
      throw error
    }
  }

  #send(outcomes: readonly HandOverOutcome[], signal: AbortSignal): void {
    const { sessions, clock } = this.#needs
    const perSession = new Map<Session, ExecuteItem[]>()
    const unsent = new Map<ClientId, ExecuteItem[]>()
    for (const outcome of outcomes) {
      if (outcome.outcome === 'stale') {
        sessions.release(outcome.client, outcome.execution)
        // What is for anyone is looked at with it: others may have room.
        this.lookLater(outcome.client, clock.wall() + STALE_PAUSE_MS)
        continue
      }
      const session = sessions.get(outcome.client)
      const live = session?.id === outcome.session && session.phase === 'ready' && session.linkOpen
      if (live) push(perSession, session, outcome.item)
      else push(unsent, outcome.client, outcome.item)
    }
    for (const [session, items] of perSession) {
      for (const batch of batches(items)) session.send({ type: 'execute', executions: batch })
    }
    for (const [client, items] of unsent) this.#takeBack(client, items, signal)
  }

  /**
   * Never given to a socket, so it surely did not start. Its client may never come back to say so itself: it would be
   * lost with the end of hold. Late, it touches nothing that was handed over again: that has another fence.
   */
  #takeBack(client: ClientId, items: readonly ExecuteItem[], signal: AbortSignal): void {
    const { store, bus, clock, onOutage } = this.#needs
    const takingBack = untilStored({ clock, onOutage }, signal, async () => {
      bus.publish('touched', await store.takeBack({ now: clock.wall(), client, attempts: items }))
    }).finally(() => this.#takingBack.delete(takingBack))
    this.#takingBack.add(takingBack)
  }

  /** Of several clients of a user, the one whose session began last. */
  #clientsOfUsers(): ReadonlyMap<string, ClientId> {
    const newest = new Map<string, Session>()
    for (const session of this.#needs.sessions.all()) {
      if (session.userId === null || session.phase !== 'ready') continue
      const other = newest.get(session.userId)
      if (!other || other.beganAtMonotonic < session.beganAtMonotonic) newest.set(session.userId, session)
    }
    return new Map([...newest].map(([user, session]) => [user, session.client]))
  }

  #takeDueLooks(now: EpochMs): void {
    for (const user of this.#usersLater.takeDue(now)) this.#users.add(user)
    const due = this.#later.takeDue(now)
    if (due.length === 0) return
    for (const client of due) this.#clients.add(client)
    this.#any = true
  }

  async #idle(signal: AbortSignal): Promise<void> {
    const next = Math.min(
      this.#later.nextAt() ?? Infinity,
      this.#usersLater.nextAt() ?? Infinity,
      this.#retries.nextAt ?? Infinity,
    )
    const look = next === Infinity ? [] : [(either: AbortSignal) => this.#needs.clock.until(next, either)]
    await firstOf(signal, this.#wake.woken, ...look)
  }
}

function slotsToRead(input: {
  readonly looked: readonly ClientId[]
  /** Whose room counts for what is queued for anyone: all, or those where room has become free. */
  readonly forAnyone: readonly Session[]
  readonly clientOfUser: ReadonlyMap<string, ClientId>
  readonly sessions: Sessions
}): Parameters<ExecutionStore['readQueued']>[0]['slots'] {
  const slots: Parameters<ExecutionStore['readQueued']>[0]['slots'][number][] = []
  for (const client of input.looked) {
    const session = input.sessions.get(client)
    if (!session?.takesWork) continue
    const takers = takersByLanguage([session])
    slots.push({ kind: 'client', value: client, limit: session.freeSlots, takers })
    if (session.userId !== null) {
      const slot = {
        kind: 'user',
        value: session.userId,
        limit: session.freeSlots,
        takers,
      } as const
      // Another PC of the user is the one to ask; but what this one may still be ending is tried again here.
      slots.push(input.clientOfUser.get(session.userId) === client ? slot : { ...slot, onlyTheirs: true })
    }
  }
  const takers = input.forAnyone.filter((session) => session.takesWork)
  const free = takers.reduce((sum, session) => sum + session.freeSlots, 0)
  if (free > 0) {
    const limit = Math.min(free, ROUND_PLACEMENTS)
    slots.push({ kind: 'any', value: '', limit, takers: takersByLanguage(takers) })
  }
  return slots
}

function takersByLanguage(sessions: readonly Session[]): Takers {
  const takers: Partial<Record<Language, ClientId[]>> = {}
  for (const { client, languages } of sessions) {
    for (const language of languages) {
      const named = (takers[language] ??= [])
      if (named.length < TAKERS_NAMED) named.push(client)
    }
  }
  return takers
}

function limitForAnyone(slots: ReturnType<typeof slotsToRead>): number {
  return slots.find(({ kind }) => kind === 'any')?.limit ?? Infinity
}

function takerOf(session: Session): Taker {
  return {
    client: session.client,
    session: session.id,
    userId: session.userId,
    freeSlots: session.freeSlots,
    languages: session.languages,
  }
}

function push<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const items = map.get(key)
  if (items) items.push(item)
  else map.set(key, [item])
}

/** Across all slots: a client's own work does not overtake older or more urgent work for anyone. */
function byPriorityAndAge(one: QueuedExecution, other: QueuedExecution): number {
  return other.priority - one.priority || (one.id < other.id ? -1 : 1)
}

/** A quarter of a message's limit: arguments are counted as JSON text, which grows when it is quoted again. */
const BATCH_BYTES = MESSAGE_BYTES_MAX / 4

/** Cuts a list of executions into messages that stay below their limits of items and bytes. */
export function batches(items: readonly ExecuteItem[]): readonly ExecuteItem[][] {
  const result: ExecuteItem[][] = []
  let batch: ExecuteItem[] = []
  let bytes = 0
  for (const item of items) {
    const size = item.argsJson.length + item.kwargsJson.length
    if (batch.length > 0 && (batch.length >= BATCH_ITEMS_MAX || bytes + size > BATCH_BYTES)) {
      result.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += size
  }
  if (batch.length > 0) result.push(batch)
  return result
}
