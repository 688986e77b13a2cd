import type { Clock, EpochMs } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import { invalidRequest, refusal } from '@octopus/protocol/errors.ts'
import type { Role } from '@octopus/protocol/roles.ts'

import { actorOf, mayAct } from './access.ts'
import { API_TOKEN_PREFIX, API_TOKEN_SHOWN, makeSecret } from './secret.ts'
import type { ApiTokenRecord, Caller, UserStore } from './user-store.ts'

interface ApiTokenNeeds {
  readonly store: Pick<UserStore, 'createApiToken'>
  readonly clock: Pick<Clock, 'wall'>
  readonly random: Random
}

/** Tokens are forgotten in scripts: they end by themselves, after 90 days unless told otherwise. */
const EXPIRES_SECONDS_DEFAULT = 90 * 86_400

/**
 * Makes a token that may do at most what its maker may. Its text is given this once. One that is made by a token ends
 * with that token at the latest: else whoever has a token for an hour has one for ever.
 */
export async function createApiToken(
  needs: ApiTokenNeeds,
  input: { readonly name: string; readonly role: Role; readonly expiresInSeconds?: number },
  maker: Caller,
): Promise<ApiTokenRecord & { readonly token: string }> {
  if (!mayAct(maker.role, input.role)) throw refusal('NOT_ALLOWED', { role: input.role })
  const { text, hash } = makeSecret(needs.random, API_TOKEN_PREFIX)
  const now = needs.clock.wall()
  const expiresAt = endOf(now, input.expiresInSeconds, maker.tokenEndsAt)
  const record = await needs.store.createApiToken({
    now,
    actor: actorOf(maker),
    user: maker.name,
    name: input.name,
    role: input.role,
    hash,
    prefix: text.slice(0, API_TOKEN_SHOWN),
    expiresAt,
  })
  return { ...record, token: text }
}

function endOf(now: EpochMs, seconds: number | undefined, latest: EpochMs | null): EpochMs {
  const wanted = now + (seconds ?? EXPIRES_SECONDS_DEFAULT) * 1_000
  if (latest === null || wanted <= latest) return wanted
  if (seconds === undefined) return latest
  const left = Math.floor((latest - now) / 1_000)
  const message = `must be at most ${left}: a token that a token makes ends with it. Sign in to make one that lives longer`
  throw invalidRequest('body', [{ field: 'expiresInSeconds', message }])
}
