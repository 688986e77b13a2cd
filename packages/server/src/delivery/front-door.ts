import type { Ms } from '@octopus/kit/clock.ts'
import { type FromClient, type Hello, parseFromClient } from '@octopus/protocol/from-client.ts'
import type { FromServer } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { HELLO_BYTES_MAX, MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { PROTOCOLS_ACCEPTED } from '@octopus/protocol/version.ts'

import type { ClientLink, ClientLinkEvents, Door } from './door.ts'
import { type HandshakeNeeds, refused, shakeHands, welcome } from './handshake.ts'
import type { Inbox } from './inbox.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

/** A connection that has not been welcomed within this time is closed. */
const HELLO_MS: Ms = 10_000
/** How long an older session has to answer before a newer one of the same client takes its place. */
const PING_MS: Ms = 3_000
/** Messages of one client that wait to be dealt with; a client that sends faster than it is answered is cut off. */
const BACKLOG_MAX = 2_000
/** And their size together: four of the largest. One client takes no more of the server's memory than that. */
const BACKLOG_BYTES_MAX = 4 * MESSAGE_BYTES_MAX

interface DoorNeeds extends Omit<HandshakeNeeds, 'mayReplace'> {
  readonly sessions: Sessions
  readonly inbox: Inbox
  readonly signal: AbortSignal
  /** The session is open: watch its presence. */
  readonly onSession: (session: Session) => void
  /** Something in dealing with a message failed that is nobody's fault here: the client comes again. */
  readonly onOutage: (error: unknown) => void
}

/** One connection, from the challenge to its end. */
interface Connection {
  readonly link: ClientLink
  readonly address: string
  readonly nonce: string
  session: Session | undefined
  saidHello: boolean
  backlog: number
  backlogBytes: number
  /** Messages of one connection are dealt with one after the other. */
  tail: Promise<void>
  open: boolean
}

/** Where connections of clients come in: challenges them, welcomes or refuses them, and passes on what they say. */
export function createDoor(needs: DoorNeeds): Door {
  const { sessions, inbox, clock, random, log, server, signal } = needs
  /** Hellos of one client are dealt with one after the other. */
  const greeting = new Map<ClientId, Promise<void>>()
  const pongs = new WeakMap<ClientLink, () => void>()

  function open(link: ClientLink, peer: { readonly address: string }): ClientLinkEvents {
    const connection: Connection = {
      link,
      address: peer.address,
      nonce: random.bytes(32).toString('base64url'),
      session: undefined,
      saidHello: false,
      backlog: 0,
      backlogBytes: 0,
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
        connection.open = false
        if (connection.session) connection.session.linkOpen = false
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
    // A heartbeat never waits behind a commit: presence is about the connection, not about the store.
    if (connection.session && parsed.value.type === 'heartbeat') {
      void inbox.receive(connection.session, parsed.value)
      return
    }
    connection.backlog += 1
    connection.backlogBytes += bytes
    if (connection.backlog > BACKLOG_MAX || connection.backlogBytes > BACKLOG_BYTES_MAX) {
      return refuse(connection, `${connection.backlog} messages of ${connection.backlogBytes} bytes wait already`)
    }
    connection.tail = connection.tail
      .then(() => deal(connection, parsed.value))
      .catch((error: unknown) => {
        needs.onOutage(error)
        connection.link.close('the server could not deal with a message')
      })
      .finally(() => {
        connection.backlog -= 1
        connection.backlogBytes -= bytes
      })
  }

  async function deal(connection: Connection, message: FromClient): Promise<void> {
    if (!connection.open || connection.session?.phase === 'ended') return
    if (!connection.session) {
      if (message.type !== 'hello' || connection.saidHello) return refuse(connection, `${message.type} before welcome`)
      connection.saidHello = true
      return greetInTurn(connection, message)
    }
    const receipt = inbox.receive(connection.session, message)
    if (receipt === false) return refuse(connection, `${message.type} is out of order`)
    await receipt
  }

  async function greetInTurn(connection: Connection, hello: Hello): Promise<void> {
    const before = greeting.get(hello.clientId) ?? Promise.resolve()
    const turn = before.catch(() => {}).then(() => greet(connection, hello))
    greeting.set(hello.clientId, turn)
    await turn.finally(() => {
      if (greeting.get(hello.clientId) === turn) greeting.delete(hello.clientId)
    })
  }

  async function greet(connection: Connection, hello: Hello): Promise<void> {
    const outcome = await shakeHands({ ...needs, mayReplace }, hello, connection)
    if (outcome.outcome === 'refused') {
      const { code, reason } = outcome.refused
      log.info('client refused', { client: hello.clientId, address: connection.address, code, reason })
      say(connection.link, outcome.refused)
      connection.link.close(code)
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
  async function mayReplace(hello: Hello): Promise<boolean> {
    const older = sessions.get(hello.clientId)
    if (!older?.linkOpen) return true
    const answered = new AbortController()
    pongs.set(older.link, () => answered.abort())
    older.link.ping()
    const waited = await clock.after(PING_MS, AbortSignal.any([signal, answered.signal])).then(
      () => true,
      () => false,
    )
    return waited || !older.linkOpen
  }

  function refuse(connection: Connection, reason: string): void {
    log.warn('message refused', { client: connection.session?.client, address: connection.address, reason })
    const outcome = refused('bad-message', reason)
    if (outcome.outcome === 'refused') say(connection.link, outcome.refused)
    connection.open = false
    if (connection.session) connection.session.linkOpen = false
    connection.link.close('bad message')
  }

  return {
    open,
    clientOfDownloadToken: (token) => sessions.ofDownloadToken(token)?.client,
  }
}

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
