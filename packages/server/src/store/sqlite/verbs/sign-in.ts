import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { UserId } from '@octopus/protocol/ids.ts'
import type { Role } from '@octopus/protocol/roles.ts'

import type { Actor } from '#store/page.ts'
import { deleteDeadSessions, deleteOldLinks } from '#store/sql/users.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import { change, db } from '#store/sqlite/queries.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'
import type { Caller, UserStore } from '#users/user-store.ts'

import { findUser, lesserRole, type UserRow } from './user-rows.ts'
import { insertUser } from './users.ts'

/** "Used just now" is written at most this often: a page that asks ten times a second is no ten writes. */
const NOTE_USE_MS: Ms = 60_000

export const signInVerbs: VerbsOf<
  Pick<
    UserStore,
    | 'createLink'
    | 'readSetupDone'
    | 'setUp'
    | 'useSignInLink'
    | 'createWebSession'
    | 'endWebSession'
    | 'readSessionCaller'
    | 'readTokenCaller'
  >
> = {
  createLink: (tx, { now, hash, kind, user, expiresAt }) => {
    const owner = user === null ? null : findUser(tx, user)
    if (owner === undefined) throw refusal('USER_NOT_FOUND', { user: user ?? '' })
    change(tx, deleteOldLinks(db, now, kind))
    tx.run(
      'insert into one_time_link (hash, kind, user_id, expires_at) values (?, ?, ?, ?)',
      hash,
      kind,
      owner?.id ?? null,
      expiresAt,
    )
    const actor: Actor = { kind: 'system', name: 'links' }
    writeAudit(tx, { now, actor, action: `link.created`, subject: owner?.name ?? kind, details: { kind, expiresAt } })
  },

  readSetupDone: (tx) => isSetUp(tx),

  setUp: (tx, { now, linkHash, name, passwordHash, sessionHash, expiresAt }) => {
    if (isSetUp(tx)) return 'already'
    if (!findLink(tx, 'setup', linkHash, now)) return 'wrong-token'
    const actor: Actor = { kind: 'user', name }
    const id = insertUser(tx, { now, actor, name, displayName: name, role: 'admin', passwordHash })
    if (id === undefined) return 'name-taken'
    markUsed(tx, linkHash, now)
    tx.run("insert into meta (key, value) values ('setupDone', '1')")
    insertSession(tx, { now, userId: id, sessionHash, expiresAt })
    writeAudit(tx, { now, actor, action: 'server.set-up', subject: name })
    return 'done'
  },

  useSignInLink: (tx, { now, linkHash, sessionHash, expiresAt }) => {
    const link = findLink(tx, 'sign-in', linkHash, now)
    const user = link && tx.get<UserRow>('select * from user where id = ?', link.user_id)
    if (!user || !maySignIn(user)) return null
    markUsed(tx, linkHash, now)
    return beginSession(tx, user, { now, sessionHash, expiresAt, by: 'link' })
  },

  createWebSession: (tx, { now, user: name, sessionHash, expiresAt }) => {
    const user = findUser(tx, name)
    if (!user || !maySignIn(user)) return null
    return beginSession(tx, user, { now, sessionHash, expiresAt, by: 'password' })
  },

  endWebSession: (tx, { now, sessionHash }) => {
    const user = tx.get<{ name: string }>(
      'select u.name from web_session s join user u on u.id = s.user_id where s.hash = ?',
      sessionHash,
    )
    if (!user) return
    tx.run('delete from web_session where hash = ?', sessionHash)
    writeAudit(tx, { now, actor: { kind: 'user', name: user.name }, action: 'user.signed-out', subject: user.name })
  },

  // Hot: every request of a dashboard.
  readSessionCaller: (tx, { now, sessionHash, idleMs }) => {
    const row = tx.get<{ id: string; name: string; role: string; last_used_at: number }>(
      `select u.id, u.name, u.role, s.last_used_at from web_session s join user u on u.id = s.user_id
        where s.hash = ? and s.expires_at > ? and s.last_used_at > ? and u.disabled_at is null and u.role is not null`,
      sessionHash,
      now,
      now - idleMs,
    )
    if (!row) return null
    if (now - row.last_used_at >= NOTE_USE_MS) tx.later('noteSessionUse', { now, hash: sessionHash })
    return caller(row, row.role as Role, null)
  },

  // Hot: every request of a program.
  readTokenCaller: (tx, { now, tokenHash }) => {
    const row = tx.get<{
      id: string
      name: string
      role: string
      token: string
      token_role: string
      expires_at: number
      last_used_at: number | null
    }>(
      `select u.id, u.name, u.role, t.name as token, t.role as token_role, t.expires_at, t.last_used_at
        from api_token t join user u on u.id = t.user_id
        where t.hash = ? and t.expires_at > ? and t.revoked_at is null and u.disabled_at is null and u.role is not null`,
      tokenHash,
      now,
    )
    if (!row) return null
    if (now - (row.last_used_at ?? 0) >= NOTE_USE_MS) tx.later('noteTokenUse', { now, hash: tokenHash })
    return caller(row, lesserRole(row.role, row.token_role), { name: row.token, endsAt: row.expires_at })
  },
}

/** Writes that follow from reads by `tx.later`; no verbs of the port. */
export const noteVerbs = {
  noteSessionUse: (tx: Tx, { now, hash }: { readonly now: EpochMs; readonly hash: string }): void => {
    tx.run('update web_session set last_used_at = max(last_used_at, ?) where hash = ?', now, hash)
  },
  noteTokenUse: (tx: Tx, { now, hash }: { readonly now: EpochMs; readonly hash: string }): void => {
    tx.run('update api_token set last_used_at = max(coalesce(last_used_at, 0), ?) where hash = ?', now, hash)
  },
}

function isSetUp(tx: Tx): boolean {
  return tx.get("select 1 from meta where key = 'setupDone'") !== undefined
}

function findLink(
  tx: Tx,
  kind: 'setup' | 'sign-in',
  hash: string,
  now: EpochMs,
): { readonly user_id: string | null } | undefined {
  return tx.get(
    'select user_id from one_time_link where hash = ? and kind = ? and used_at is null and expires_at > ?',
    hash,
    kind,
    now,
  )
}

function markUsed(tx: Tx, hash: string, now: EpochMs): void {
  tx.run('update one_time_link set used_at = ? where hash = ?', now, hash)
}

function maySignIn(user: UserRow): boolean {
  return user.disabled_at === null && user.role !== null
}

function beginSession(
  tx: Tx,
  user: UserRow,
  session: {
    readonly now: EpochMs
    readonly sessionHash: string
    readonly expiresAt: EpochMs
    readonly by: 'link' | 'password'
  },
): Caller {
  const { now, by } = session
  change(tx, deleteDeadSessions(db, user.id, now))
  insertSession(tx, { ...session, userId: user.id })
  const actor: Actor = { kind: 'user', name: user.name }
  writeAudit(tx, { now, actor, action: 'user.signed-in', subject: user.name, details: { by } })
  return caller(user, user.role as Role, null)
}

function insertSession(
  tx: Tx,
  session: {
    readonly now: EpochMs
    readonly userId: string
    readonly sessionHash: string
    readonly expiresAt: EpochMs
  },
): void {
  tx.run(
    'insert into web_session (hash, user_id, created_at, last_used_at, expires_at) values (?, ?, ?, ?, ?)',
    session.sessionHash,
    session.userId,
    session.now,
    session.now,
    session.expiresAt,
  )
}

function caller(
  user: { readonly id: string; readonly name: string },
  role: Role,
  token: { readonly name: string; readonly endsAt: EpochMs } | null,
): Caller {
  const by = token === null ? 'session' : 'token'
  const { name = null, endsAt = null } = token ?? {}
  return { userId: user.id as UserId, name: user.name, role, by, token: name, tokenEndsAt: endsAt }
}
