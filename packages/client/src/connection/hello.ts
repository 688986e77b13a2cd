import type { Ms } from '@octopus/kit/clock.ts'
import { helloText, type Hello } from '@octopus/protocol/from-client.ts'
import type { Challenge } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { OCTOPUS_VERSION, PROTOCOLS_ACCEPTED } from '@octopus/protocol/version.ts'

/** Who this client is. The private key stays behind `sign`. */
export interface Identity {
  readonly clientId: ClientId
  /** The server it was enrolled at; any other gets no signature. */
  readonly serverId: string
  /** Ed25519, base64url. */
  sign(text: string): string
}

export interface Greeting {
  readonly identity: Identity
  readonly journalId: string
  readonly bootId: string
  /** The interval this client wishes. */
  readonly heartbeatMs: Ms
}

export type Answer = { readonly ok: true; readonly hello: Hello } | { readonly ok: false; readonly problem: string }

/** The answer to a challenge: a signature that is good for this server, client, nonce and protocol only. */
export function answerChallenge(greeting: Greeting, challenge: Challenge): Answer {
  const { clientId, serverId, sign } = greeting.identity
  if (challenge.serverId !== serverId) {
    return { ok: false, problem: `this is server ${challenge.serverId}, but the client is enrolled at ${serverId}` }
  }
  const protocol = Math.max(...challenge.protocols.filter((number) => PROTOCOLS_ACCEPTED.includes(number)))
  if (!Number.isFinite(protocol)) {
    const spoken = challenge.protocols.join(', ')
    return { ok: false, problem: `the server speaks protocol ${spoken}, this client ${PROTOCOLS_ACCEPTED.join(', ')}` }
  }
  const hello: Hello = {
    type: 'hello',
    protocol,
    clientId,
    journalId: greeting.journalId,
    bootId: greeting.bootId,
    version: OCTOPUS_VERSION,
    heartbeatMs: greeting.heartbeatMs,
    signature: sign(helloText({ serverId, clientId, nonce: challenge.nonce, protocol })),
  }
  return { ok: true, hello }
}
