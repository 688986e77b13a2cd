import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import { type EnrollBody, packToken } from '@octopus/protocol/enroll.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { ServerBus } from '#live/facts.ts'
import type { Actor } from '#store/page.ts'
import { makeSecret } from '#users/secret.ts'
import type { EnrollmentTokenRecord, UserStore } from '#users/user-store.ts'

import type { ClientStore } from './client-store.ts'

interface EnrollNeeds {
  readonly store: Pick<ClientStore, 'enrollClient'>
  readonly bus: Pick<ServerBus, 'publish'>
  readonly clock: Pick<Clock, 'wall'>
}

/** First contact of a PC. Its key is all that it will be known by; it waits for approval unless its token approves. */
export async function enrollClient(
  needs: EnrollNeeds,
  { secret, publicKey, name, version, reported }: EnrollBody,
): Promise<{ readonly id: ClientId; readonly status: 'pending' | 'approved' | 'revoked' }> {
  const enrolled = await needs.store.enrollClient({
    now: needs.clock.wall(),
    tokenHash: sha256Hex(secret),
    publicKey,
    fingerprint: sha256Hex(Buffer.from(publicKey, 'base64url')),
    name,
    version,
    reported,
  })
  if (enrolled.outcome === 'wrong-token') throw refusal('WRONG_TOKEN')
  needs.bus.publish('client-changed', { client: enrolled.id })
  return enrolled
}

/** One PC, one hour: a token that lies about in a chat is worth nothing. */
const USES_DEFAULT = 1
const EXPIRES_SECONDS_DEFAULT = 3_600

interface TokenNeeds {
  readonly store: Pick<UserStore, 'createEnrollmentToken'>
  readonly clock: Pick<Clock, 'wall'>
  readonly random: Random
}

export interface EnrollmentTokenWish {
  readonly user?: string
  readonly approves?: boolean
  readonly maxUses?: number
  readonly expiresInSeconds?: number
}

/** Makes a token that lets PCs enrol at `server`. Its text is given this once. */
export async function createEnrollmentToken(
  needs: TokenNeeds,
  wish: EnrollmentTokenWish,
  made: { readonly server: string; readonly by: Actor },
): Promise<EnrollmentTokenRecord & { readonly token: string }> {
  const { text, hash } = makeSecret(needs.random)
  const now = needs.clock.wall()
  const record = await needs.store.createEnrollmentToken({
    now,
    actor: made.by,
    hash,
    user: wish.user ?? null,
    approves: wish.approves ?? false,
    maxUses: wish.maxUses ?? USES_DEFAULT,
    expiresAt: now + (wish.expiresInSeconds ?? EXPIRES_SECONDS_DEFAULT) * 1_000,
  })
  if (record === 'no-user') throw refusal('USER_NOT_FOUND', { user: wish.user ?? '' })
  return { ...record, token: packToken({ server: made.server, secret: text }) }
}
