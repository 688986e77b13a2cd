import { refusal } from '@octopus/protocol/errors.ts'

import { boundedTotal, pageOf } from '#store/sql/page-rows.ts'
import { countApiTokens, countEnrollmentTokens, pageOfApiTokens, pageOfEnrollmentTokens } from '#store/sql/users.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import { countOf, db, many } from '#store/sqlite/queries.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'
import type { UserStore } from '#users/user-store.ts'

import { apiTokenRecord, enrollmentTokenRecord, findUser, lesserRole, type UserRow } from './user-rows.ts'

export const tokenVerbs: VerbsOf<
  Pick<
    UserStore,
    | 'createApiToken'
    | 'deleteApiToken'
    | 'listApiTokens'
    | 'createEnrollmentToken'
    | 'deleteEnrollmentToken'
    | 'listEnrollmentTokens'
  >
> = {
  createApiToken: (tx, { now, actor, user, name, role, hash, prefix, expiresAt }) => {
    const owner = mustFindUser(tx, user)
    const id = tx.ids.next()
    tx.run(
      `insert into api_token (id, hash, prefix, user_id, name, role, created_at, expires_at)
        values (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      hash,
      prefix,
      owner.id,
      name,
      role,
      now,
      expiresAt,
    )
    const details = { name, role, user: owner.name, prefix, expiresAt }
    writeAudit(tx, { now, actor, action: 'token.created', subject: id, details })
    return { id, name, role, userName: owner.name, prefix, createdAt: now, expiresAt, lastUsedAt: null }
  },

  deleteApiToken: (tx, { now, actor, user, id, roleAtMost }) => {
    const found = tx.get<{ role: string; token_role: string }>(
      `select u.role, t.role as token_role from api_token t join user u on u.id = t.user_id
        where t.id = ? and t.user_id = ? and t.revoked_at is null`,
      id,
      findUser(tx, user)?.id ?? null,
    )
    if (!found) return { outcome: 'no-token' }
    // What it may now: a token whose user lost a role has lost it too, and may still be given back by itself.
    const role = lesserRole(found.role, found.token_role)
    if (roleAtMost !== null && lesserRole(role, roleAtMost) !== role) return { outcome: 'beyond-role', role }
    tx.run('update api_token set revoked_at = ? where id = ?', now, id)
    writeAudit(tx, { now, actor, action: 'token.revoked', subject: id, details: { user } })
    return { outcome: 'deleted' }
  },

  listApiTokens: (tx, request) => {
    const { id } = mustFindUser(tx, request.user)
    return pageOf(request, many(tx, pageOfApiTokens(db, id, request)), {
      keyOf: (row) => [row.id],
      map: apiTokenRecord,
      total: boundedTotal(countOf(tx, countApiTokens(db, id))),
    })
  },

  createEnrollmentToken: (tx, { now, actor, hash, user, approves, maxUses, expiresAt }) => {
    const owner = user === null ? null : findUser(tx, user)
    if (owner === undefined) return 'no-user'
    const id = tx.ids.next()
    tx.run(
      `insert into enrollment_token (id, hash, user_id, approves, uses_left, expires_at, created_at, created_by)
        values (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      hash,
      owner?.id ?? null,
      approves ? 1 : 0,
      maxUses,
      expiresAt,
      now,
      actor.name,
    )
    const userName = owner?.name ?? null
    const details = { user: userName, approves, maxUses, expiresAt }
    writeAudit(tx, { now, actor, action: 'enrollment-token.created', subject: id, details })
    return { id, userName, approves, usesLeft: maxUses, expiresAt, createdAt: now, createdBy: actor.name }
  },

  deleteEnrollmentToken: (tx, { now, actor, id }) => {
    const revoked = tx.run('update enrollment_token set revoked_at = ? where id = ? and revoked_at is null', now, id)
    if (revoked === 0) return false
    writeAudit(tx, { now, actor, action: 'enrollment-token.revoked', subject: id })
    return true
  },

  listEnrollmentTokens: (tx, request) =>
    pageOf(request, many(tx, pageOfEnrollmentTokens(db, request.now, request)), {
      keyOf: (row) => [row.id],
      map: enrollmentTokenRecord,
      total: boundedTotal(countOf(tx, countEnrollmentTokens(db, request.now))),
    }),
}

function mustFindUser(tx: Tx, name: string): UserRow {
  const user = findUser(tx, name)
  if (!user) throw refusal('USER_NOT_FOUND', { user: name })
  return user
}
