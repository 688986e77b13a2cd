import { isoOf, isoOrNull } from '@octopus/kit/instant.ts'
import type { AnswerOf } from '@octopus/protocol/rest/route-types.ts'
import type { User } from '@octopus/protocol/rest/users.ts'

import type { ApiTokenRecord, UserRecord } from './user-store.ts'

/** A user as the API shows it: nothing of the password but that there is one. */
export function userAnswer(user: UserRecord): User {
  return {
    name: user.name,
    displayName: user.displayName,
    role: user.role,
    canSignIn: user.passwordHash !== null && user.role !== null && !user.disabled,
    disabled: user.disabled,
    clients: user.clients,
    createdAt: isoOf(user.createdAt),
    deletedAt: isoOrNull(user.deletedAt),
    revision: user.revision,
  }
}

type ApiTokenAnswer = AnswerOf<'listApiTokens'>['items'][number]

/** A token as lists show it: the beginning of its text only. */
export function apiTokenAnswer(token: ApiTokenRecord): ApiTokenAnswer {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    user: token.userName,
    prefix: token.prefix,
    createdAt: isoOf(token.createdAt),
    expiresAt: isoOf(token.expiresAt),
    lastUsedAt: isoOrNull(token.lastUsedAt),
  }
}
