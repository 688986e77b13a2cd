import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import { deleteUser } from '#deleting/delete-things.ts'
import { restoreUser } from '#deleting/restore-things.ts'
import { sessionCookie } from '#http/auth.ts'
import type { Cursors } from '#http/cursor.ts'
import { answerPage } from '#http/paging.ts'
import { type Handlers, WithHeaders } from '#http/route.ts'
import { tellingCurrent } from '#http/telling-current.ts'
import type { ServerBus } from '#live/facts.ts'
import type { Store } from '#store/store.ts'

import { actorOf } from './access.ts'
import { createApiToken } from './api-token.ts'
import { changeUser, createUser } from './manage-user.ts'
import type { PasswordHash } from './password.ts'
import { csrfTokenOf } from './secret.ts'
import { type NewSession, setUp, signIn, signInByLink, type Tries } from './sign-in.ts'
import { apiTokenAnswer, userAnswer } from './user-answer.ts'
import type { UserRecord } from './user-store.ts'

export interface UserRouteNeeds {
  readonly store: Store
  readonly bus: ServerBus
  readonly clock: Clock
  readonly random: Random
  readonly cursors: Cursors
  readonly passwords: PasswordHash
  /** Guesses at one account's password. */
  readonly tries: Tries
  /** True when browsers reach this server by HTTPS. */
  readonly secure: boolean
}

type UserRoutes =
  | 'setup'
  | 'login'
  | 'loginLink'
  | 'logout'
  | 'me'
  | 'listApiTokens'
  | 'createApiToken'
  | 'deleteApiToken'
  | 'listUsers'
  | 'createUser'
  | 'getUser'
  | 'changeUser'
  | 'deleteUser'
  | 'restoreUser'

export function userRoutes(needs: UserRouteNeeds): Handlers<UserRoutes> {
  const { store, bus, clock, cursors } = needs
  const cookieFor = (origin: string, token: string | undefined): string =>
    sessionCookie(needs.secure || origin.startsWith('https:'), token)
  const withCookie = (origin: string, { me, token }: NewSession): WithHeaders<NewSession['me']> =>
    new WithHeaders(me, { 'set-cookie': cookieFor(origin, token) })
  const existing = async (name: string): Promise<UserRecord> => {
    const user = await store.readUser({ name })
    if (!user) throw refusal('USER_NOT_FOUND', { user: name })
    return user
  }
  return {
    setup: async ({ body, origin }) => withCookie(origin, await setUp(needs, body)),
    login: async ({ body, caller, origin }) => withCookie(origin, await signIn(needs, body, caller.sessionToken)),
    loginLink: async ({ body, caller, origin }) =>
      withCookie(origin, await signInByLink(needs, body.token, caller.sessionToken)),

    logout: async ({ caller, origin }) => {
      if (caller.sessionToken === undefined) return undefined
      await store.endWebSession({ now: clock.wall(), sessionHash: sha256Hex(caller.sessionToken) })
      bus.publish('users-changed', { name: caller.name })
      return new WithHeaders(undefined, { 'set-cookie': cookieFor(origin, undefined) })
    },

    me: async ({ caller: { name, role, by, sessionToken } }) => ({
      name,
      role,
      by,
      csrfToken: sessionToken === undefined ? null : csrfTokenOf(sessionToken),
    }),

    listApiTokens: async ({ query, caller }) => {
      const filter = { user: caller.name }
      const list = { name: 'listApiTokens', filter, query } as const
      return answerPage(cursors, list, (page) => store.listApiTokens({ ...page, ...filter }), apiTokenAnswer)
    },

    createApiToken: async ({ body, caller }) => {
      const made = await createApiToken({ ...needs, random: caller.chance ?? needs.random }, body, caller)
      return { ...apiTokenAnswer(made), token: made.token }
    },

    deleteApiToken: async ({ params, caller }) => {
      const target = { user: caller.name, id: params.id }
      // Somebody who is signed in may revoke what is theirs; a token in a script, none that may more than itself.
      const roleAtMost = caller.by === 'token' ? caller.role : null
      const deleted = await store.deleteApiToken({ now: clock.wall(), actor: actorOf(caller), ...target, roleAtMost })
      if (deleted.outcome === 'beyond-role') throw refusal('NOT_ALLOWED', { role: deleted.role })
      if (deleted.outcome === 'no-token') throw refusal('TOKEN_NOT_FOUND', { token: params.id })
      bus.publish('users-changed', { name: caller.name })
    },

    listUsers: async ({ query }) => {
      const filter = { deleted: query.deleted === true }
      const list = { name: 'listUsers', filter, query } as const
      return answerPage(cursors, list, (page) => store.listUsers({ ...page, ...filter }), userAnswer)
    },

    createUser: async ({ body, caller }) => userAnswer(await createUser(needs, body, actorOf(caller))),

    getUser: async ({ params }) => userAnswer(await existing(params.name)),

    deleteUser: async ({ params, caller }) => {
      await deleteUser(needs, params.name, actorOf(caller))
    },

    restoreUser: async ({ params, caller }) => {
      await restoreUser(needs, params.name, actorOf(caller))
      return userAnswer(await existing(params.name))
    },

    changeUser: async ({ params, body, revision, caller }) =>
      tellingCurrent(
        async () => userAnswer(await changeUser(needs, { name: params.name, revision }, body, actorOf(caller))),
        async () => userAnswer(await existing(params.name)),
      ),
  }
}
