import type { EpochMs } from '@octopus/kit/clock.ts'
import type { Kysely, Updateable } from 'kysely'

import type { PageRequest } from '#store/page.ts'

import { COUNT_MAX, parseKey } from './page-rows.ts'
import type { Tables } from './tables.ts'

type Db = Kysely<Tables>

/** Users with the number of clients they own. */
export function selectUsers(db: Db) {
  return db
    .selectFrom('user')
    .select([
      'id',
      'name',
      'name_key',
      'display_name',
      'role',
      'password_hash',
      'disabled_at',
      'revision',
      'created_at',
      'deleted_at',
    ])
    .select((eb) =>
      eb
        .selectFrom('client')
        .whereRef('client.user_id', '=', 'user.id')
        .where('client.status', '<>', 'revoked')
        .where('client.deleted_at', 'is', null)
        .select(eb.fn.countAll<number>().as('count'))
        .as('clients'),
    )
}

/** By name, ignoring case. */
export function pageOfUsers(db: Db, request: PageRequest, deleted: boolean) {
  const key = parseKey(request, 1)
  const users = selectUsers(db)
    .where('deleted_at', deleted ? 'is not' : 'is', null)
    .orderBy('name_key')
    .limit(request.limit + 1)
  return key ? users.where('name_key', '>', String(key[0])) : users
}

export function countUsers(db: Db, deleted: boolean) {
  return db
    .selectFrom(
      db
        .selectFrom('user')
        .select('id')
        .where('deleted_at', deleted ? 'is not' : 'is', null)
        .limit(COUNT_MAX + 1)
        .as('some'),
    )
    .select(({ fn }) => fn.countAll<number>().as('count'))
}

export function changeUser(db: Db, id: string, changes: Updateable<Tables['user']>) {
  return db
    .updateTable('user')
    .set(changes)
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('id', '=', id)
}

/** Administrators who can sign in, apart from one. */
export function otherAdministrators(db: Db, id: string) {
  return db
    .selectFrom('user')
    .select('id')
    .where('role', '=', 'admin')
    .where('password_hash', 'is not', null)
    .where('disabled_at', 'is', null)
    .where('deleted_at', 'is', null)
    .where('id', '<>', id)
    .limit(1)
}

/** Tokens of a user that were not revoked, oldest first. */
export function pageOfApiTokens(db: Db, userId: string, request: PageRequest) {
  const key = parseKey(request, 1)
  const tokens = liveApiTokens(db, userId)
    .innerJoin('user', 'user.id', 'api_token.user_id')
    .select(['api_token.id', 'api_token.name', 'api_token.role', 'user.name as user_name', 'prefix'])
    .select(['api_token.created_at', 'expires_at', 'last_used_at'])
    .orderBy('api_token.id')
    .limit(request.limit + 1)
  return key ? tokens.where('api_token.id', '>', String(key[0])) : tokens
}

export function countApiTokens(db: Db, userId: string) {
  return db
    .selectFrom(
      liveApiTokens(db, userId)
        .select('api_token.id')
        .limit(COUNT_MAX + 1)
        .as('some'),
    )
    .select(({ fn }) => fn.countAll<number>().as('count'))
}

function liveApiTokens(db: Db, userId: string) {
  return db.selectFrom('api_token').where('api_token.user_id', '=', userId).where('revoked_at', 'is', null)
}

/** Tokens that were neither revoked nor have expired, used up or not, oldest first. */
export function pageOfEnrollmentTokens(db: Db, now: EpochMs, request: PageRequest) {
  const key = parseKey(request, 1)
  const tokens = liveEnrollmentTokens(db, now)
    .leftJoin('user', 'user.id', 'enrollment_token.user_id')
    .select(['enrollment_token.id', 'user.name as user_name', 'approves', 'uses_left', 'expires_at'])
    .select(['enrollment_token.created_at', 'created_by'])
    .orderBy('enrollment_token.id')
    .limit(request.limit + 1)
  return key ? tokens.where('enrollment_token.id', '>', String(key[0])) : tokens
}

export function countEnrollmentTokens(db: Db, now: EpochMs) {
  return db
    .selectFrom(
      liveEnrollmentTokens(db, now)
        .select('enrollment_token.id')
        .limit(COUNT_MAX + 1)
        .as('some'),
    )
    .select(({ fn }) => fn.countAll<number>().as('count'))
}

function liveEnrollmentTokens(db: Db, now: EpochMs) {
  return db.selectFrom('enrollment_token').where('revoked_at', 'is', null).where('expires_at', '>', now)
}

/** Sessions that nobody can use any more. */
export function deleteDeadSessions(db: Db, userId: string, now: EpochMs) {
  return db.deleteFrom('web_session').where('user_id', '=', userId).where('expires_at', '<=', now)
}

export function deleteSessionsOf(db: Db, userId: string) {
  return db.deleteFrom('web_session').where('user_id', '=', userId)
}

export function revokeTokensOf(db: Db, userId: string, now: EpochMs) {
  return db
    .updateTable('api_token')
    .set({ revoked_at: now })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
}

/** Setup links before a new one is made, and all links that have expired. */
export function deleteOldLinks(db: Db, now: EpochMs, kind: 'setup' | 'sign-in') {
  return db
    .deleteFrom('one_time_link')
    .where((eb) =>
      kind === 'setup' ? eb.or([eb('kind', '=', kind), eb('expires_at', '<=', now)]) : eb('expires_at', '<=', now),
    )
}
