import { isoOf, isoOrNull } from '@octopus/kit/instant.ts'
import type { Client } from '@octopus/protocol/rest/clients.ts'
import type { AnswerOf } from '@octopus/protocol/rest/route-types.ts'

import type { Presence } from '#delivery/door.ts'
import type { EnrollmentTokenRecord } from '#users/user-store.ts'

import type { ClientRecord } from './client-store.ts'

/** What is known at this moment only. */
export interface LiveFacts {
  readonly presence: Pick<Presence, 'isOnline' | 'slotsUsed' | 'lastHeardAt'>
  /** The revision of the manifest that clients should have. */
  readonly manifestRevision: () => number
}

/** A client as the API shows it. What the PC says of itself stays apart, in `reported`. */
export function clientAnswer(client: ClientRecord, { presence, manifestRevision }: LiveFacts): Client {
  const heardAt = presence.lastHeardAt(client.id) ?? client.lastSeenAt
  const missing = client.missing.length
  return {
    id: client.id,
    name: client.name,
    user: client.userName,
    status: client.status,
    presence: presence.isOnline(client.id) ? 'online' : 'offline',
    draining: client.draining,
    labels: [...client.labels],
    version: client.version,
    fingerprint: client.fingerprint,
    reported: client.reported,
    runtimes: [...client.runtimes],
    slots:
      client.slots === null
        ? null
        : { total: Math.min(client.slots, client.slotsLimit ?? client.slots), used: presence.slotsUsed(client.id) },
    slotsLimit: client.slotsLimit,
    plugins: {
      manifestRevision: client.manifestRevision,
      inSync: missing === 0 && client.manifestRevision >= manifestRevision(),
      missing,
    },
    lastSeenAt: isoOrNull(heardAt),
    createdAt: isoOf(client.createdAt),
    deletedAt: isoOrNull(client.deletedAt),
    revision: client.revision,
  }
}

type EnrollmentTokenAnswer = AnswerOf<'listEnrollmentTokens'>['items'][number]

export function enrollmentTokenAnswer(token: EnrollmentTokenRecord): EnrollmentTokenAnswer {
  return {
    id: token.id,
    user: token.userName,
    approves: token.approves,
    usesLeft: token.usesLeft,
    expiresAt: isoOf(token.expiresAt),
    createdAt: isoOf(token.createdAt),
    createdBy: token.createdBy,
  }
}
