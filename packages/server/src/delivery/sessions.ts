import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { ClientId, ExecutionId } from '@octopus/protocol/ids.ts'

import type { ClientStore } from '#clients/client-store.ts'
import type { ServerBus } from '#live/facts.ts'

import type { Contact, Presence } from './door.ts'
import type { Session } from './session.ts'
import { holdEndsAfter, presenceMs } from './timing.ts'

interface SessionsNeeds {
  readonly store: Pick<ClientStore, 'endSession'>
  readonly bus: ServerBus
  readonly clock: Clock
  readonly steady: () => EpochMs
  readonly holdMs: Ms
  readonly onOutage: (error: unknown) => void
}

/** How often an end of session that the store refused is tried again. */
const RETRY_MS: Ms = 1_000

/**
 * So many presences without a page end a session whose inventory is not complete, whatever else its client says: it
 * would be online, and fetch plugins, and never take work. An honest client sends all pages before its first heartbeat,
 * so within one presence, on a slow line too; each page starts the time anew, and there are few.
 */
const INVENTORY_PRESENCES = 2

/** The live sessions of this server, by client, and what is known of clients through them. */
export class Sessions implements Presence {
  readonly #needs: SessionsNeeds
  readonly #byClient = new Map<ClientId, Session>()
  readonly #byToken = new Map<string, Session>()
  readonly #progress = new Map<ExecutionId, { fraction: number | null; text: string }>()
  readonly #ending = new Set<Promise<void>>()

  constructor(needs: SessionsNeeds) {
    this.#needs = needs
  }

  /** The session takes the place of an older one of the same client, which ends; no attempt is cleared by that. */
  add(session: Session): void {
    const older = this.#byClient.get(session.client)
    if (older) this.#drop(older, 'replaced by a newer session')
    this.#byClient.set(session.client, session)
    this.#byToken.set(session.downloadToken, session)
    this.#needs.bus.publish('presence-changed', { client: session.client })
  }

  get(client: ClientId): Session | undefined {
    return this.#byClient.get(client)
  }

  all(): Iterable<Session> {
    return this.#byClient.values()
  }

  ofDownloadToken(token: string): Session | undefined {
    return this.#byToken.get(token)
  }

  /** Ends a session for good: nothing more is read from it, and what it held is out of contact. */
  end(session: Session, reason: string, signal: AbortSignal): void {
    if (session.phase === 'ended') return
    this.#drop(session, reason)
    const ending = this.#endStored(session, signal, reason === 'silent').finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }

  /** Resolves when every end of session is stored or given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending)
  }

  /** Leaves the sessions as they are in the store, for a server that comes back soon. */
  closeAll(reason: string): void {
    for (const session of this.#byClient.values()) this.#drop(session, reason)
  }

  /** Until when the server waits for a word from this client, or for the next page of its inventory. */
  presenceEnds(session: Session): Ms {
    const inventoryEnds = session.inventoryAtMonotonic + INVENTORY_PRESENCES * presenceMs(session.heartbeatMs)
    return Math.min(this.#silentFrom(session), inventoryEnds)
  }

  /** Nothing was heard of it for as long as a silent client counts as online. */
  isSilent(session: Session): boolean {
    return this.#silentFrom(session) <= this.#needs.clock.monotonic()
  }

  #silentFrom(session: Session): Ms {
    return session.lastHeardMonotonic + presenceMs(session.heartbeatMs)
  }

  noteProgress(execution: ExecutionId, progress: { fraction: number | null; text: string }): void {
    this.#progress.set(execution, progress)
    this.#needs.bus.publish('progressed', { execution })
  }

  /** An execution has ended or was taken back: its slot is free. */
  release(client: ClientId, execution: ExecutionId): void {
    this.#byClient.get(client)?.inFlight.delete(execution)
    this.#progress.delete(execution)
  }

  isOnline(client: ClientId): boolean {
    return this.#byClient.has(client)
  }

  contactOf(client: ClientId): Contact {
    const session = this.#byClient.get(client)
    if (!session) return 'none'
    if (!session.linkOpen) return 'closed'
    return session.phase === 'ready' ? 'ready' : 'settling'
  }

  onlineCount(): number {
    return this.#byClient.size
  }

  slotsUsed(client: ClientId): number {
    return this.#byClient.get(client)?.inFlight.size ?? 0
  }

  lastHeardAt(client: ClientId): EpochMs | undefined {
    return this.#byClient.get(client)?.lastHeardAt
  }

  clockAheadMs(client: ClientId): Ms | undefined {
    return this.#byClient.get(client)?.clockAheadMs
  }

  progressOf(execution: ExecutionId): { readonly fraction: number | null; readonly text: string } | undefined {
    return this.#progress.get(execution)
  }

  #drop(session: Session, reason: string): void {
    if (session.phase === 'ended') return
    session.phase = 'ended'
    session.link.close(reason)
    this.#byToken.delete(session.downloadToken)
    if (this.#byClient.get(session.client) === session) this.#byClient.delete(session.client)
    for (const execution of session.inFlight) this.#progress.delete(execution)
    this.#needs.bus.publish('presence-changed', { client: session.client })
  }

  async #endStored(session: Session, signal: AbortSignal, vanished: boolean): Promise<void> {
    const { store, clock, steady, holdMs, bus, onOutage } = this.#needs
    const silentMs = clock.monotonic() - session.lastHeardMonotonic
    const holdEndsAt = Math.round(steady() - silentMs) + holdEndsAfter(holdMs)
    while (!signal.aborted) {
      try {
        const now = clock.wall()
        const touched = await store.endSession({
          now,
          steady: steady(),
          client: session.client,
          session: session.id,
          holdEndsAt,
          vanished,
        })
        bus.publish('touched', touched)
        bus.publish('presence-changed', { client: session.client })
        return
      } catch (error) {
        onOutage(error)
        await clock.after(RETRY_MS, signal).catch(() => {})
      }
    }
  }
}
