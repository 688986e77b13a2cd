import type { Ms } from '@octopus/kit/clock.ts'
import { type FromClient, type Hello, parseFromClient, type Piece } from '@octopus/protocol/from-client.ts'
import type { FromServer, Refused } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { HELLO_BYTES_MAX, MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { PROTOCOLS_ACCEPTED } from '@octopus/protocol/version.ts'

import type { Conducts } from '#conduct/conduct.ts'
import { unitsOf } from '#conduct/message-cost.ts'
import type { ServerBus } from '#live/facts.ts'

import { Admission } from './admission.ts'
import type { ClientLink, ClientLinkEvents, Door } from './door.ts'
import { type HandshakeNeeds, type HandshakeOutcome, refused, shakeHands, SHUT_OUT, welcome } from './handshake.ts'
import type { Inbox } from './inbox.ts'
import { NO_PIECES, type Pieces, withPiece } from './pieces.ts'
import { ReadGate } from './read-gate.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { clampHeartbeat, presenceMs } from './timing.ts'

/** A connection that has not been welcomed within this time is closed. */
const HELLO_MS: Ms = 10_000
/** How long an older session has to answer before a newer one of the same client takes its place. */
const PING_MS: Ms = 3_000
/** Messages of one client that wait to be dealt with; while there are more, or larger ones, nothing is read of it. */
const BACKLOG_FULL = 1_000
/**
 * More than an honest client sends before it is answered (its windows are 0.5 MiB of results, and 64 KiB of output for
 * each of 64 slots): so its heartbeats are read while the store stands still.
 */
const BACKLOG_FULL_BYTES = 3 * MESSAGE_BYTES_MAX
/** What had been read before the reading stopped is more than that only for who means harm: the session ends. */
const BACKLOG_MAX = 2_000
const BACKLOG_BYTES_MAX = 6 * MESSAGE_BYTES_MAX
/** Of what is wrong with a message, so much is said: it may quote the message. */
const REASON_CHARACTERS_MAX = 300

interface DoorNeeds extends Omit<HandshakeNeeds, 'otherAlive' | 'whyBarred' | 'admit'> {
  readonly sessions: Sessions
  readonly inbox: Inbox
  readonly conducts: Conducts
  readonly strangers: { admits(address: string): boolean; failed(address: string): void }
  readonly bus: Pick<ServerBus, 'publish' | 'on'>
  readonly signal: AbortSignal
  /** The session is open: watch its presence. */
  readonly onSession: (session: Session) => void
  /** Something in dealing with a message failed that is nobody's fault here: the client comes again. */
  readonly onOutage: (error: unknown) => void
}

/** One connection, from the challenge to its end. */
interface Connection {
  readonly link: ClientLink
  readonly gate: ReadGate
  readonly address: string
  readonly nonce: string
  session: Session | undefined
  saidHello: boolean
  /** Gives back its place among those who are taken in. */
  leave: () => void
  /** Whether its end is its own fault is known. */
  judged: boolean
  backlog: number
  backlogBytes: number
  /** Of the message that comes in pieces now. */
  pieces: Pieces
  /** Messages of one connection are dealt with one after the other. */
  tail: Promise<void>
  open: boolean
}

/** Where connections of clients come in: challenges them, welcomes or refuses them, and passes on what they say. */
export function createDoor(needs: DoorNeeds): Door {
  const { sessions, inbox, clock, random, log, server, signal, conducts, strangers } = needs
  /** Hellos of one client are dealt with one after the other. */
  const greeting = new Map<ClientId, Promise<void>>()
  /** Shut out while they are greeted: their session has begun in the store, and nobody knows of it yet who could end it. */
  const shutOut = new Map<ClientId, HandshakeOutcome>()
  const pongs = new WeakMap<ClientLink, () => void>()
  const admission = new Admission({ clock, random, signal })

  function open(link: ClientLink, peer: { readonly address: string }): ClientLinkEvents {
    const connection: Connection = {
      link,
      gate: new ReadGate(link),
      address: peer.address,
      nonce: random.bytes(32).toString('base64url'),
      session: undefined,
      saidHello: false,
      leave: () => {},
      judged: false,
      backlog: 0,
      backlogBytes: 0,
      pieces: NO_PIECES,
      tail: Promise.resolve(),
      open: true,
    }
    const { serverId } = server
    say(link, {
      type: 'challenge',
      protocols: [...PROTOCOLS_ACCEPTED],
      serverId,
      nonce: connection.nonce,
      serverTime: clock.wall(),
    })
    void clock.after(HELLO_MS, signal).then(
      () => connection.session ?? link.close('no hello in time'),
      () => {},
    )
    return {
      message: (text) => take(connection, text),
      pong: () => pongs.get(link)?.(),
      closed: () => {
        // Who was refused with an answer has been judged already.
        if (!connection.session && !connection.judged) strangers.failed(peer.address)
        connection.open = false
        connection.leave()
        if (!connection.session) return
        connection.session.linkOpen = false
        conducts.gone(connection.session.client)
      },
    }
  }

  function take(connection: Connection, text: string): void {
    if (!connection.open || connection.session?.phase === 'ended') return
    const limit = connection.session ? MESSAGE_BYTES_MAX : HELLO_BYTES_MAX
    const bytes = Buffer.byteLength(text)
    if (bytes > limit) return refuse(connection, `a message is larger than ${limit} bytes`)
    const parsed = parseFromClient(parseJson(text))
    if (!parsed.ok) {
      const problem = parsed.problems[0]
      return refuse(connection, `a message does not fit: ${problem?.field ?? ''} ${problem?.message ?? ''}`)
    }
    if (connection.session) void pace(connection, connection.session.client, unitsOf(parsed.value, bytes))
    // A heartbeat never waits behind a commit: presence is about the connection, not about the store. Nor does progress,
    // which is not stored: hours of it would wait behind a store that stands still.
    if (connection.session && (parsed.value.type === 'heartbeat' || parsed.value.type === 'progress')) {
      if (inbox.receive(connection.session, parsed.value) === false) refuse(connection, 'it came before the inventory')
      return
    }
    if (parsed.value.type === 'piece') return takePiece(connection, parsed.value)
    deal(connection, parsed.value, bytes)
  }

  /** One more piece of an output or a result; the whole is dealt with as if it had come at once. */
  function takePiece(connection: Connection, piece: Piece): void {
    if (connection.session?.phase !== 'ready') return refuse(connection, 'a piece came before the inventory')
    const { pieces, whole, tooLarge } = withPiece(connection.pieces, piece)
    connection.pieces = pieces
    if (tooLarge) return refuse(connection, `the pieces of a message are larger than ${MESSAGE_BYTES_MAX} bytes`)
    if (whole === undefined) return
    const parsed = parseFromClient(parseJson(whole))
    if (!parsed.ok || (parsed.value.type !== 'output' && parsed.value.type !== 'result')) {
      return refuse(connection, 'pieces make no output and no result')
    }
    void pace(connection, connection.session.client, unitsOf(parsed.value, 0))
    deal(connection, parsed.value, Buffer.byteLength(whole))
  }

  /** Messages of one connection are dealt with one after the other, and no more of them are kept than there is room for. */
  function deal(connection: Connection, message: FromClient, bytes: number): void {
    connection.backlog += 1
    connection.backlogBytes += bytes
    if (connection.backlog > BACKLOG_FULL || connection.backlogBytes > BACKLOG_FULL_BYTES) {
      connection.gate.shut('backlog')
    }
    if (connection.backlog > BACKLOG_MAX || connection.backlogBytes > BACKLOG_BYTES_MAX) {
      return refuse(connection, `${connection.backlog} messages of ${connection.backlogBytes} bytes wait already`)
    }
    connection.tail = connection.tail
      .then(() => dealNow(connection, message))
      .catch((error: unknown) => {
        needs.onOutage(error)
        connection.link.close('the server could not deal with a message')
      })
      .finally(() => {
        connection.backlog -= 1
        connection.backlogBytes -= bytes
        if (connection.backlog <= BACKLOG_FULL / 2 && connection.backlogBytes <= BACKLOG_FULL_BYTES / 2) {
          connection.gate.open('backlog')
        }
      })
  }

  async function dealNow(connection: Connection, message: FromClient): Promise<void> {
    if (!connection.open || connection.session?.phase === 'ended') return
    if (!connection.session) {
      if (message.type !== 'hello' || connection.saidHello) return refuse(connection, `${message.type} before welcome`)
      connection.saidHello = true
      return greetInTurn(connection, message)
    }
    const receipt = inbox.receive(connection.session, message)
    if (receipt === false) return refuse(connection, `${message.type} is out of order`)
    await receipt
    if (connection.session.phase === 'ready') connection.leave()
    const conduct = conducts.of(connection.session.client)
    if (conduct.isIntolerable(clock.monotonic())) refuse(connection, 'it says too much that is not its own to say')
  }

  /** Reads no more of a client until it has paid for what it sent. */
  async function pace(connection: Connection, client: ClientId, units: number): Promise<void> {
    const conduct = conducts.of(client)
    if (conduct.spend(units, clock.monotonic()) === 0 || !connection.gate.shut('pace')) return
    for (let ms = conduct.owesMs(clock.monotonic()); ms > 0 && connection.open;) {
      await clock.after(ms, signal).catch(() => {})
      if (signal.aborted) return
      needs.bus.publish('client-throttled', { client, ms })
      const times = conduct.throttled(ms)
      if (times > 0) conducts.note(client, 'client.throttle', times, {}).catch(needs.onOutage)
      ms = conduct.owesMs(clock.monotonic())
    }
    connection.gate.open('pace')
  }

  for (const fact of ['client-revoked', 'client-deleted'] as const) {
    needs.bus.on(fact, ({ client }) => {
      if (greeting.has(client)) shutOut.set(client, SHUT_OUT[fact])
    })
  }

  async function greetInTurn(connection: Connection, hello: Hello): Promise<void> {
    const before = greeting.get(hello.clientId) ?? Promise.resolve()
    const turn = before.catch(() => {}).then(() => greet(connection, hello))
    greeting.set(hello.clientId, turn)
    await turn.finally(() => {
      if (greeting.get(hello.clientId) !== turn) return
      greeting.delete(hello.clientId)
      shutOut.delete(hello.clientId)
    })
  }

  async function greet(connection: Connection, hello: Hello): Promise<void> {
    const admit = (): Promise<HandshakeOutcome | undefined> => admitInTurn(connection, hello)
    // Who was shut out before this has no session begun any more.
    shutOut.delete(hello.clientId)
    const begun = await shakeHands({ ...needs, otherAlive, whyBarred, admit }, hello, connection)
    const outcome = (begun.outcome === 'welcome' ? shutOut.get(hello.clientId) : undefined) ?? begun
    if (outcome.outcome === 'refused') {
      const { code, reason } = outcome.refused
      connection.judged = true
      if (OWN_FAULT.has(code)) strangers.failed(connection.address)
      log.info('client refused', { client: hello.clientId, address: connection.address, code, reason })
      say(connection.link, outcome.refused)
      connection.link.close(code)
      if (begun.outcome === 'welcome') sessions.end(begun.session, code, signal)
      return
    }
    const { session } = outcome
    session.linkOpen = connection.open
    connection.session = session
    sessions.add(session)
    needs.onSession(session)
    welcome(needs, session)
    log.info('session began', { client: session.client, session: session.id, name: session.clientName })
  }

  /** An older session of the client is asked for a sign of life; an answer means two PCs with one key. */
  async function otherAlive(hello: Hello): Promise<Session | undefined> {
    const older = sessions.get(hello.clientId)
    if (!older?.linkOpen) return undefined
    const answered = new AbortController()
    pongs.set(older.link, () => answered.abort())
    older.link.ping()
    const waited = await clock.after(PING_MS, AbortSignal.any([signal, answered.signal])).then(
      () => true,
      () => false,
    )
    return waited || !older.linkOpen ? undefined : older
  }

  /** When all come at once, they are taken in some at a time. It waits for a part of what its own lease lasts, no longer. */
  async function admitInTurn(connection: Connection, hello: Hello): Promise<HandshakeOutcome | undefined> {
    const leaseMs = presenceMs(clampHeartbeat(hello.heartbeatMs, needs.holdMs))
    const outcome = await admission.enter(leaseMs / 3)
    if ('comeBackMs' in outcome) return refused('busy', 'So many clients come at once.', outcome.comeBackMs)
    connection.leave = outcome.leave
    if (!connection.open) outcome.leave()
    return undefined
  }

  /** It has proved who it is; but it has just been shut out, or comes and goes without end. */
  function whyBarred(client: ClientId): HandshakeOutcome | undefined {
    const conduct = conducts.of(client)
    const now = clock.monotonic()
    const barredMs = conduct.barredMs(now)
    if (barredMs > 0) return refused('bad-message', 'This client was shut out for what it sent.', barredMs)
    const waitMs = conduct.begin(now)
    return waitMs > 0 ? refused('busy', 'This client begins too many sessions.', waitMs) : undefined
  }

  /** Ends a connection by the fault of who is behind it. Who has shown who it is stays out for a while: longer each time. */
  function refuse(connection: Connection, why: string): void {
    const reason = why.slice(0, REASON_CHARACTERS_MAX)
    const { link, session, address } = connection
    connection.open = false
    connection.judged = true
    if (!session) {
      log.info('stranger refused', { address, reason })
      strangers.failed(address)
      say(link, refused('bad-message', reason).refused)
    } else {
      const banMs = conducts.of(session.client).strike(clock.monotonic())
      say(link, refused('bad-message', reason, banMs).refused)
      session.linkOpen = false
      conducts.note(session.client, 'client.bad-message', 1, { address, reason, banMs }).catch(needs.onOutage)
    }
    link.close('bad message')
  }

  return {
    open,
    admits: (address) => strangers.admits(address),
    clientOfDownloadToken: (token) => sessions.ofDownloadToken(token)?.client,
  }
}

/** Refusals of who is none of ours, or knows that it must stay out; the others are nobody's fault. */
const OWN_FAULT: ReadonlySet<Refused['code']> = new Set([
  'unknown-client',
  'wrong-signature',
  'protocol-unknown',
  'bad-message',
])

function say(link: ClientLink, message: FromServer): void {
  link.send(JSON.stringify(message))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
