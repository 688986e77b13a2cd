import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { IdMaker } from '@octopus/kit/ids.ts'
import type { Log } from '@octopus/kit/log.ts'
import { type Random, secretText } from '@octopus/kit/random.ts'
import { type Hello, helloText } from '@octopus/protocol/from-client.ts'
import type { Refused } from '@octopus/protocol/from-server.ts'
import type { ClientId, SessionId } from '@octopus/protocol/ids.ts'
import { MESSAGE_BYTES_MAX, OUTPUT_BYTES_MAX, RESULT_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { PROTOCOLS_ACCEPTED } from '@octopus/protocol/version.ts'

import type { ClientRecord, ClientStore } from '#clients/client-store.ts'
import type { Conducts } from '#conduct/conduct.ts'

import type { ClientLink } from './door.ts'
import { Session } from './session.ts'
import { clampHeartbeat, presenceMs } from './timing.ts'

export interface HandshakeNeeds {
  readonly store: Pick<ClientStore, 'readClient' | 'beginSession'>
  readonly clock: Clock
  readonly ids: IdMaker
  readonly random: Random
  readonly log: Log
  readonly server: { readonly serverId: string; readonly epoch: number }
  readonly holdMs: Ms
  /** Ed25519 over a text. */
  readonly verify: (publicKey: string, text: string, signature: string) => boolean
  /** The session of another PC with the same key that is alive: it answered. */
  readonly otherAlive: (hello: Hello) => Promise<Session | undefined>
  /** Asked once it is proved who it is: why this client has to stay out for a while, or nothing. */
  readonly whyBarred: (client: ClientId) => HandshakeOutcome | undefined
  /** Waits until it may be taken in; answers why it may not, if there are too many. Asked of who may have a session. */
  readonly admit: (hello: Hello) => Promise<HandshakeOutcome | undefined>
  readonly conducts: Pick<Conducts, 'note'>
}

export type HandshakeOutcome =
  | { readonly outcome: 'welcome'; readonly session: Session }
  | { readonly outcome: 'refused'; readonly refused: Refused }

/** How long a client that was refused waits, by what is wrong. A person has to act in most cases. */
const RETRY_AFTER_MS: Readonly<Record<Refused['code'], Ms>> = {
  'unknown-client': 60_000,
  'not-approved': 5_000,
  revoked: 3_600_000,
  'wrong-signature': 60_000,
  'protocol-unknown': 60_000,
  'duplicate-identity': 30_000,
  busy: 2_000,
  'bad-message': 10_000,
}

/** `retryAfterMs` is said where it is not always the same. */
export function refused(
  code: Refused['code'],
  reason: string,
  retryAfterMs: Ms = RETRY_AFTER_MS[code],
): Extract<HandshakeOutcome, { outcome: 'refused' }> {
  return { outcome: 'refused', refused: { type: 'refused', code, reason, retryAfterMs: Math.ceil(retryAfterMs) } }
}

/** What a client hears that is shut out by a person, by the fact that says so. */
export const SHUT_OUT = {
  'client-revoked': refused('revoked', 'This client was revoked.'),
  'client-deleted': refused('unknown-client', 'This client was deleted.'),
} as const

/** Decides about a `hello`: who it is, whether it is proved, and whether a session may begin; begins it. */
export async function shakeHands(
  needs: HandshakeNeeds,
  hello: Hello,
  connection: { readonly nonce: string; readonly link: ClientLink; readonly address: string },
): Promise<HandshakeOutcome> {
  const heardAtMonotonic = needs.clock.monotonic()
  const heardAt = needs.clock.wall()
  if (!PROTOCOLS_ACCEPTED.includes(hello.protocol)) {
    return refused('protocol-unknown', `This server speaks ${PROTOCOLS_ACCEPTED.join(', ')}, not ${hello.protocol}.`)
  }
  const client = await needs.store.readClient({ id: hello.clientId })
  const unproved = check(needs, hello, connection.nonce, client)
  if (unproved) return unproved
  const barred = needs.whyBarred(hello.clientId)
  if (barred) return barred
  const other = await needs.otherAlive(hello)
  if (other) {
    const { bootId, journalId } = hello
    // Both are named: nobody but a person can tell which of them is the copy.
    const open = { openAddress: other.address, openBootId: other.bootId, openJournalId: other.journalId }
    const example = { address: connection.address, bootId, journalId, ...open }
    await needs.conducts.note(hello.clientId, 'client.duplicate-identity', 1, example)
    return refused(
      'duplicate-identity',
      'Another PC with the same key is connected. Remove client.key and identity.json on the copy and enrol it with a new token.',
    )
  }
  const tooMany = await needs.admit(hello)
  if (tooMany) return tooMany
  const id = needs.ids.next() as SessionId
  const { clientId, bootId, version } = hello
  const { holdMs } = needs
  const heartbeatMs = clampHeartbeat(hello.heartbeatMs, holdMs)
  const told = { holdMs, heartbeatMs }
  const begun = await needs.store.beginSession({
    now: heardAt,
    client: clientId,
    session: id,
    bootId,
    version,
    ...told,
  })
  if (!begun) return refused('not-approved', 'The approval of this client was withdrawn.')
  const session = new Session({
    id,
    client: clientId,
    clientName: begun.name,
    userId: begun.userId,
    draining: begun.draining,
    slotsLimit: begun.slotsLimit,
    journalId: hello.journalId,
    bootId,
    heartbeatMs,
    downloadToken: secretText(needs.random),
    link: connection.link,
    address: connection.address,
    heardAtMonotonic,
    heardAt,
  })
  return { outcome: 'welcome', session }
}

function check(
  needs: HandshakeNeeds,
  hello: Hello,
  nonce: string,
  client: ClientRecord | null,
): HandshakeOutcome | undefined {
  if (!client) return refused('unknown-client', `There is no client ${hello.clientId} here. Enrol this PC again.`)
  const { serverId } = needs.server
  const text = helloText({ serverId, clientId: hello.clientId, nonce, protocol: hello.protocol })
  if (!needs.verify(client.publicKey, text, hello.signature)) {
    return refused('wrong-signature', 'The signature does not fit the key that this client was enrolled with.')
  }
  if (client.status === 'revoked')
    return refused(
      'revoked',
      'This client was revoked. To take this PC in again, remove client.key and identity.json on it and enrol it with a new token.',
    )
  if (client.status === 'pending') {
    return refused('not-approved', `This client waits for approval. Its fingerprint is ${client.fingerprint}.`)
  }
  return undefined
}

/** Sends `welcome`, which echoes heartbeat 0. */
export function welcome(needs: Pick<HandshakeNeeds, 'server' | 'holdMs'>, session: Session): void {
  session.send({
    type: 'welcome',
    sessionId: session.id,
    serverEpoch: needs.server.epoch,
    heartbeatMs: session.heartbeatMs,
    presenceMs: presenceMs(session.heartbeatMs),
    holdMs: needs.holdMs,
    downloadToken: session.downloadToken,
    limits: { messageBytesMax: MESSAGE_BYTES_MAX, outputBytesMax: OUTPUT_BYTES_MAX, resultBytesMax: RESULT_BYTES_MAX },
  })
}
