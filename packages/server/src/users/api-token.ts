import type { Clock } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import { refusal } from '@octopus/protocol/errors.ts'
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

/** Makes a token that may do at most what its maker may. Its text is given this once. */
export async function createApiToken(
  needs: ApiTokenNeeds,
  input: { readonly name: string; readonly role: Role; readonly expiresInSeconds?: number },
  maker: Caller,
): Promise<ApiTokenRecord & { readonly token: string }> {
  if (!mayAct(maker.role, input.role)) throw refusal('NOT_ALLOWED', { role: input.role })
  const { text, hash } = makeSecret(needs.random, API_TOKEN_PREFIX)
  const now = needs.clock.wall()
  const record = await needs.store.createApiToken({
    now,
    actor: actorOf(maker),
    user: maker.name,
    name: input.name,
    role: input.role,
    hash,
    prefix: text.slice(0, API_TOKEN_SHOWN),
    expiresAt: now + (input.expiresInSeconds ?? EXPIRES_SECONDS_DEFAULT) * 1_000,
  })
  return { ...record, token: text }
}
