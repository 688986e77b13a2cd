import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Link, LinkEvents } from '@octopus/kit/link.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { FromClient, InventoryAttempt } from '@octopus/protocol/from-client.ts'
import { parseFromServer, type FromServer, type Refused } from '@octopus/protocol/from-server.ts'
import { HELLO_BYTES_MAX, MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'

import { answerChallenge, type Greeting } from './hello.ts'
import { receive, type Inbox } from './inbox.ts'
import { sendInventory, type InventoryFacts } from './inventory.ts'
import { Lease } from './lease.ts'
import { createOutbox } from './outbox.ts'
import { createPacer, type Pacer } from './pacer.ts'
import type { Session } from './session.ts'

/** A server that has not welcomed us by then is not worth waiting for. */
const HANDSHAKE_MS_MAX: Ms = 20_000
/** Characters of a wrong message that the log shows. */
const SHOWN_CHARACTERS_MAX = 200

/** Opens one connection. `events` are used before anything arrives; rejects when it cannot be opened. */
export type Connect = (events: LinkEvents, signal: AbortSignal) => Promise<Link>

export interface TalkNeeds {
  readonly connect: Connect
  readonly clock: Clock
  readonly log: Log
  readonly greeting: Greeting
  readonly inbox: Inbox
  inventory(): InventoryFacts & { readonly attempts: readonly InventoryAttempt[] }
  reports(session: Session, messageBytesMax: number): Iterable<string>
  vitals(): { readonly load: number; readonly freeSlots: number }
}

/** How a conversation ended, and how far it had come. */
export interface TalkEnd {
  readonly why: string
  readonly reached: Stage
  readonly refused?: Refused
  /** The server moves: come back after this time. */
  readonly reconnectAfterMs?: Ms
}

/** Each stage has its own messages; anything else ends the conversation. */
export type Stage = 'challenge' | 'welcome' | 'reconciling' | 'ready'

/**
 * Talks to the server over one connection, from the challenge to the end of the session. What has ended never lives
 * again: its unread input is thrown away, and a new conversation begins with a new `hello`. Aborting says `leaving`.
 */
export async function talk(needs: TalkNeeds, signal: AbortSignal): Promise<TalkEnd> {
  const conversation = new Conversation(needs)
  const leave = (): void => conversation.leave((signal.reason as Error).message)
  signal.addEventListener('abort', leave, { once: true })
  try {
    if (signal.aborted) leave()
    else await conversation.begin()
    return await conversation.ended
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

class Conversation {
  readonly ended: Promise<TalkEnd>
  readonly #needs: TalkNeeds
  readonly #life = new AbortController()
  readonly #resolve: (end: TalkEnd) => void
  #link: Link | undefined
  #early: string[] = []
  #stage: Stage = 'challenge'
  #lease: Lease | undefined
  #session: Session | undefined
  #pacer: Pacer | undefined
  #messageBytesMax = HELLO_BYTES_MAX * 16
  #serverSeq = 0
  #seq = 0

  constructor(needs: TalkNeeds) {
    this.#needs = needs
    const { promise, resolve } = Promise.withResolvers<TalkEnd>()
    this.ended = promise
    this.#resolve = resolve
  }

  async begin(): Promise<void> {
    const { clock, connect } = this.#needs
    void clock.after(HANDSHAKE_MS_MAX, this.#life.signal).then(
      () =>
        this.#stage === 'challenge' || this.#stage === 'welcome' ? this.#end({ why: 'no welcome in time' }) : undefined,
      () => {},
    )
    try {
      const link = await connect(
        { message: (text) => this.#hear(text), closed: (reason) => this.#end({ why: reason || 'connection closed' }) },
        this.#life.signal,
      )
      if (this.#life.signal.aborted) return link.close('too late')
      this.#link = link
      for (const text of this.#early.splice(0)) this.#hear(text)
    } catch (error) {
      this.#end({ why: error instanceof Error ? error.message : String(error) })
    }
  }

  leave(reason: string): void {
    if (this.#session && !this.#life.signal.aborted) this.#send({ type: 'leaving', reason: reason.slice(0, 1_000) })
    this.#end({ why: 'leaving' })
  }

  #end(end: Omit<TalkEnd, 'reached'>): void {
    if (this.#life.signal.aborted) return
    this.#life.abort(new Error(end.why))
    this.#link?.close(end.why.slice(0, 100))
    this.#resolve({ ...end, reached: this.#stage })
  }

  #send(message: FromClient): void {
    this.#link?.send(JSON.stringify(message))
  }

  #hear(text: string): void {
    if (this.#life.signal.aborted) return
    if (this.#link === undefined) return void this.#early.push(text)
    const { log } = this.#needs
    // Whatever it says, even an echo: the session is over, and the server may have acted on that.
    if (this.#session && this.#session.lease.age() >= this.#session.presenceMs) return this.#end({ why: 'silence' })
    const message = this.#parse(text)
    if (message === undefined) return
    try {
      this.#handle(message)
    } catch (error) {
      log.error('message-not-handled', { type: message.type, error: String(error), stack: (error as Error).stack })
      this.#end({ why: `${message.type} could not be handled` })
    }
  }

  /** Parses once, here at the edge. What is wrong closes the connection. */
  #parse(text: string): FromServer | undefined {
    const wrong = (problem: string): undefined => {
      this.#needs.log.error('wrong-message', { stage: this.#stage, problem, text: text.slice(0, SHOWN_CHARACTERS_MAX) })
      this.#end({ why: 'the server sent a wrong message' })
    }
    if (text.length > this.#messageBytesMax) return wrong(`it has ${text.length} characters`)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return wrong('it is not JSON')
    }
    const parsed = parseFromServer(value)
    if (parsed.ok) return parsed.value
    return wrong(parsed.problems.map(({ field, message }) => `${field} ${message}`).join('; '))
  }

  #handle(message: FromServer): void {
    if (message.type === 'refused') return this.#end({ why: message.reason, refused: message })
    if (message.type === 'challenge' && this.#stage === 'challenge') {
      const answer = answerChallenge(this.#needs.greeting, message)
      if (!answer.ok) return this.#end({ why: answer.problem })
      this.#stage = 'welcome'
      this.#lease = new Lease(this.#needs.clock)
      return this.#send(answer.hello)
    }
    if (message.type === 'welcome' && this.#stage === 'welcome' && this.#lease)
      return this.#welcomed(message, this.#lease)
    const session = this.#session
    if (session === undefined) return this.#outOfPlace(message)
    if (message.type === 'heartbeat') {
      this.#serverSeq = Math.max(this.#serverSeq, message.seq)
      if (session.lease.echoed(message.echo)) this.#needs.inbox.heard(session)
      this.#pacer?.echoed(message.echo)
      return
    }
    if (message.type === 'moving') return this.#end({ why: 'moving', reconnectAfterMs: message.reconnectAfterMs })
    if (message.type === 'reconciled' && this.#stage === 'reconciling') {
      this.#needs.inbox.reconciled(session, message.attempts)
      if (message.last) this.#ready(session)
      return
    }
    const early = this.#stage !== 'ready' && message.type !== 'plugins' && message.type !== 'drain'
    if (early || !receive(this.#needs.inbox, session, message)) this.#outOfPlace(message)
  }

  #outOfPlace(message: FromServer): void {
    this.#needs.log.error('message-out-of-place', { type: message.type, stage: this.#stage })
    this.#end({ why: `${message.type} came at the wrong time` })
  }

  #welcomed(welcome: Extract<FromServer, { type: 'welcome' }>, lease: Lease): void {
    const { clock, log, inbox } = this.#needs
    this.#stage = 'reconciling'
    this.#messageBytesMax = MESSAGE_BYTES_MAX
    const messageBytesMax = welcome.limits.messageBytesMax
    const { signal } = this.#life
    const pacer = createPacer({ send: (text) => this.#link?.send(text), beat: () => this.#beatNow(session) })
    this.#pacer = pacer
    const session: Session = {
      id: welcome.sessionId,
      lease,
      presenceMs: welcome.presenceMs,
      holdMs: welcome.holdMs,
      downloadToken: welcome.downloadToken,
      signal,
      mayStart: () => this.#stage === 'ready' && !signal.aborted && lease.age() < welcome.presenceMs,
      outbox: createOutbox({
        clock,
        signal,
        messageBytesMax,
        send: (text) => this.#link?.send(text),
        sendPaced: (text) => pacer.send(text),
        reports: () => this.#needs.reports(session, messageBytesMax),
      }),
    }
    this.#session = session
    log.info('session-began', { session: session.id, heartbeatMs: welcome.heartbeatMs, holdMs: welcome.holdMs })
    inbox.welcomed(session)
    const { attempts, ...facts } = this.#needs.inventory()
    sendInventory((page) => this.#send(page), facts, attempts)
    void this.#beat(session, welcome.heartbeatMs).catch(() => {})
  }

  #ready(session: Session): void {
    this.#stage = 'ready'
    session.outbox.open()
    this.#needs.inbox.ready(session)
  }

  /** Heartbeats until the server is silent for longer than presence. */
  async #beat(session: Session, heartbeatMs: Ms): Promise<void> {
    const { clock } = this.#needs
    for (;;) {
      await clock.after(Math.max(1, Math.min(heartbeatMs, session.presenceMs - session.lease.age())), session.signal)
      if (session.lease.age() >= session.presenceMs) return this.#end({ why: 'silence' })
      this.#beatNow(session)
    }
  }

  #beatNow(session: Session): void {
    const { clock } = this.#needs
    const seq = ++this.#seq
    session.lease.sent(seq)
    this.#send({ type: 'heartbeat', seq, echo: this.#serverSeq, clientTime: clock.wall(), ...this.#needs.vitals() })
    this.#pacer?.beaten(seq)
  }
}
