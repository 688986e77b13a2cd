import { unreachable } from '@octopus/kit/assert.ts'
import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { FromClient, Inventory, Output, Result } from '@octopus/protocol/from-client.ts'
import type { Acknowledge } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { INVENTORY_PAGE_ITEMS } from '@octopus/protocol/limits.ts'

import type { ClientStore } from '#clients/client-store.ts'
import type { Conducts } from '#conduct/conduct.ts'
import type { Offence } from '#conduct/offence.ts'
import type { ExecutionStore, Slot } from '#executions/execution-store.ts'
import { fenceText } from '#executions/fence.ts'
import type { ServerBus } from '#live/facts.ts'
import type { TakenOutput } from '#results/output-store.ts'

import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { holdEndsAfter } from './timing.ts'

export interface InboxNeeds {
  readonly store: Pick<ClientStore, 'recordReported' | 'recordSynced'> &
    Pick<ExecutionStore, 'reconcile' | 'recordStarted' | 'recordRejected'>
  readonly sessions: Sessions
  readonly bus: ServerBus
  readonly clock: Clock
  readonly steady: () => EpochMs
  readonly holdMs: Ms
  readonly log: Log
  readonly conducts: Pick<Conducts, 'offended'>
  /** HMAC by the server's key. */
  readonly prove: (text: string) => string
  /** Commits results, and answers for them. */
  readonly storeResult: (from: Session, message: Result) => Promise<Acknowledge['results']>
  /** Stores output, and answers how far it is stored, and what was not this client's to say. */
  readonly storeOutput: (client: ClientId, message: Output) => Promise<TakenOutput>
  /** The session is ready: it gets the manifest, and work. */
  readonly onReady: (session: Session) => void
  readonly onLeaving: (session: Session, reason: string) => void
  /** Its client was deleted or revoked just as the session began. */
  readonly onGone: (session: Session) => void
  /** This client has handed back what is queued in these slots now; nobody, or another one, is asked for a while. */
  readonly onPause: (client: ClientId, slots: readonly Slot[]) => void
}

/**
 * Pages of one inventory. It lists what a client has in its hands and results that nobody has answered: hundreds after a
 * bad week. Pages are kept until the last one has come, so that this bounds the memory that one client takes.
 */
const INVENTORY_PAGES_MAX = 20

/** Takes what a welcomed client says, in order, and answers it. Nothing is answered before it is committed. */
export class Inbox {
  readonly #needs: InboxNeeds
  readonly #pages = new WeakMap<Session, Inventory[]>()

  constructor(needs: InboxNeeds) {
    this.#needs = needs
  }

  /** False: the message has no place here (out of order); the connection is closed. */
  receive(session: Session, message: FromClient): Promise<void> | false {
    if (session.phase === 'inventory' && !['inventory', 'heartbeat', 'leaving'].includes(message.type)) return false
    switch (message.type) {
      case 'hello':
        return false
      case 'inventory':
        return session.phase === 'inventory' ? this.#inventory(session, message) : false
      case 'heartbeat':
        return this.#heartbeat(session, message)
      case 'synced':
        return this.#synced(session, message)
      case 'accepted':
        return done
      case 'rejected':
        return this.#rejected(session, message)
      case 'started':
        return this.#started(session, message)
      case 'progress':
        return this.#progress(session, message)
      case 'output':
        return this.#output(session, message)
      case 'result':
        return this.#result(session, message)
      // Put together by the door; none gets as far as here.
      case 'piece':
        return false
      case 'leaving':
        this.#needs.onLeaving(session, message.reason)
        return done
      default:
        return unreachable(message)
    }
  }

  #heartbeat(session: Session, { seq, echo, clientTime }: FromClient & { type: 'heartbeat' }): Promise<void> {
    const { clock } = this.#needs
    session.lastHeardMonotonic = clock.monotonic()
    session.lastHeardAt = clock.wall()
    session.clockAheadMs = clientTime - session.lastHeardAt
    session.clientSeq = Math.max(session.clientSeq, seq)
    session.echoed = Math.max(session.echoed, Math.min(echo, session.serverSeq))
    session.serverSeq += 1
    session.send({
      type: 'heartbeat',
      seq: session.serverSeq,
      echo: session.clientSeq,
      serverTime: session.lastHeardAt,
    })
    return done
  }

  async #inventory(session: Session, page: Inventory): Promise<void> {
    const pages = this.#pages.get(session) ?? []
    pages.push(page)
    session.inventoryAtMonotonic = page.last ? Infinity : this.#needs.clock.monotonic()
    this.#pages.set(session, pages)
    if (!page.last) {
      if (pages.length >= INVENTORY_PAGES_MAX) session.link.close('inventory too long')
      return
    }
    this.#pages.delete(session)
    await this.#reconcile(session, page, pages)
  }

  async #reconcile(session: Session, last: Inventory, pages: readonly Inventory[]): Promise<void> {
    const { store, clock, steady, holdMs, bus, prove } = this.#needs
    const now = clock.wall()
    const { client, id } = session
    const { reported, runtimes, slots } = last
    const attempts = pages
      .flatMap((page) => page.attempts)
      .map((attempt) => ({ ...attempt, proved: attempt.fenceProof === prove(fenceText({ ...attempt, client })) }))
    await this.#accuse(
      session,
      'inventory.refuse',
      attempts.filter(({ proved }) => !proved),
    )
    const [, outcome] = await Promise.all([
      store.recordReported({ now, client, session: id, reported, runtimes, slots }),
      store
        .reconcile({
          now,
          steady: steady(),
          holdEndsAt: steady() + holdEndsAfter(holdMs),
          client,
          session: id,
          journalId: session.journalId,
          journalSeq: last.journalSeq,
          attempts,
        })
        .then((settled) => {
          // At once: what the next write of the same batch ends is taken out again right after this.
          for (const execution of settled.held) session.inFlight.add(execution)
          // Here too: what it gave back is for others, whatever becomes of this session and of what else it told.
          bus.publish('touched', settled.touched)
          return settled
        }),
    ])
    if (outcome.futureFence) bus.publish('future-fence', { client })
    if (session.phase === 'ended') return
    if (!outcome.isCurrent) return this.#needs.onGone(session)
    session.slotsOffered = slots
    session.languages = new Set(runtimes.map((runtime) => runtime.language))
    session.manifestRevision = last.manifestRevision
    for (let at = 0; at === 0 || at < outcome.verdicts.length; at += INVENTORY_PAGE_ITEMS) {
      const verdicts = outcome.verdicts.slice(at, at + INVENTORY_PAGE_ITEMS)
      session.send({
        type: 'reconciled',
        attempts: verdicts,
        last: at + INVENTORY_PAGE_ITEMS >= outcome.verdicts.length,
      })
    }
    session.phase = 'ready'
    bus.publish('client-changed', { client })
    this.#needs.onReady(session)
  }

  async #synced(session: Session, { revision, missing }: FromClient & { type: 'synced' }): Promise<void> {
    await this.#needs.store.recordSynced({ client: session.client, session: session.id, revision, missing })
    this.#needs.bus.publish('client-changed', { client: session.client })
  }

  async #rejected(session: Session, { executions }: FromClient & { type: 'rejected' }): Promise<void> {
    const { store, clock, bus, log } = this.#needs
    const { client } = session
    const heard = await store.recordRejected({ now: clock.wall(), client, attempts: executions })
    const [execution] = heard.touched.executions
    if (execution !== undefined) {
      const reason = executions.find((one) => one.execution === execution)?.reason
      log.info('execution rejected', { client, count: heard.touched.executions.length, execution, reason })
    }
    bus.publish('touched', heard.touched)
    if (heard.touched.queuedSlots.length > 0) this.#needs.onPause(client, heard.touched.queuedSlots)
    await this.#accuse(session, 'attempt.refuse', heard.notTheirs)
  }

  async #started(session: Session, { executions }: FromClient & { type: 'started' }): Promise<void> {
    const { store, clock, steady, bus } = this.#needs
    const { client } = session
    const heard = await store.recordStarted({ now: clock.wall(), steady: steady(), client, attempts: executions })
    bus.publish('touched', heard.touched)
    await this.#accuse(session, 'attempt.refuse', heard.notTheirs)
  }

  #progress(session: Session, message: FromClient & { type: 'progress' }): Promise<void> {
    const { execution, fraction, text } = message
    if (session.inFlight.has(execution)) this.#needs.sessions.noteProgress(execution, { fraction, text })
    return done
  }

  async #output(session: Session, message: Output): Promise<void> {
    const { output, refused } = await this.#needs.storeOutput(session.client, message)
    await this.#accuse(session, 'output.refuse', refused)
    if (output.length > 0) session.send({ type: 'acknowledge', results: [], output })
  }

  async #result(session: Session, message: Result): Promise<void> {
    const results = await this.#needs.storeResult(session, message)
    // Written down before it is answered, as everything is.
    await this.#accuse(
      session,
      'result.refuse',
      results.filter(({ disposition, code }) => disposition === 'refused' && code !== 'forgotten'),
    )
    if (results.length > 0) session.send({ type: 'acknowledge', results, output: [] })
  }

  /** The client spoke of what is not its own: counted, and written down with one of them as an example. */
  async #accuse(session: Session, offence: Offence, attempts: readonly Accused[]): Promise<void> {
    const [first] = attempts
    if (!first) return
    const { execution, attempt, fence, code } = first
    const example = { execution, attempt, fence, ...(code === undefined ? {} : { code }) }
    await this.#needs.conducts.offended(session.client, offence, attempts.length, example)
  }
}

type Accused = AttemptKey & { readonly code?: string }

const done = Promise.resolve()
