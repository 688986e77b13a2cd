import type { EpochMs } from '@octopus/kit/clock.ts'
import type { Role } from '@octopus/protocol/roles.ts'

import { restorableSince } from '#deleting/restorable.ts'
import type { Actor } from '#store/page.ts'
import { boundedTotal, pageOf } from '#store/sql/page-rows.ts'
import {
  changeUser,
  countUsers,
  deleteSessionsOf,
  otherAdministrators,
  pageOfUsers,
  revokeTokensOf,
  selectUsers,
} from '#store/sql/users.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import { change, countOf, db, first, many } from '#store/sqlite/queries.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'
import type { UserStore } from '#users/user-store.ts'

import { revokeEnrollmentMadeBy } from './revoke-enrollment.ts'
import { findUser, mayAdminister, nameKey, userRecord } from './user-rows.ts'

export const userVerbs: VerbsOf<Pick<UserStore, 'createUser' | 'changeUser' | 'readUser' | 'listUsers'>> = {
  createUser: (tx, user) => (insertUser(tx, user) === undefined ? 'name-taken' : 'created'),

  changeUser: (tx, { now, actor, name, ifRevision, displayName, role, passwordHash, disabled }) => {
    const user = findUser(tx, name)
    if (!user) return { outcome: 'no-user' }
    if (user.revision !== ifRevision) return { outcome: 'stale', revision: user.revision }
    const after = {
      ...user,
      ...(role !== undefined && { role }),
      ...(passwordHash !== undefined && { password_hash: passwordHash }),
      ...(disabled !== undefined && { disabled_at: disabled ? (user.disabled_at ?? now) : null }),
    }
    if (mayAdminister(user) && !mayAdminister(after) && !first(tx, otherAdministrators(db, user.id)))
      return { outcome: 'last-administrator' }
    const { disabled_at, password_hash } = after
    const changes = { display_name: displayName ?? user.display_name, role: after.role, disabled_at, password_hash }
    change(tx, changeUser(db, user.id, changes))
    if (disabled === true || passwordHash !== undefined) change(tx, deleteSessionsOf(db, user.id))
    if (disabled === true) change(tx, revokeTokensOf(db, user.id, now))
    if (disabled === true || (user.role === 'admin' && after.role !== 'admin'))
      revokeEnrollmentMadeBy(tx, { now, actor, user: user.name })
    const details = { displayName, role, disabled, password: passwordHash === undefined ? undefined : 'changed' }
    writeAudit(tx, { now, actor, action: 'user.changed', subject: user.name, details })
    return { outcome: 'changed' }
  },

  readUser: (tx, { name }) => {
    const row = first(tx, selectUsers(db).where('name_key', '=', nameKey(name)).where('deleted_at', 'is', null))
    return row ? userRecord(row) : null
  },

  listUsers: (tx, request) =>
    pageOf(request, many(tx, pageOfUsers(db, request, request.deleted === true)), {
      keyOf: (row) => [row.name_key],
      map: userRecord,
      total: boundedTotal(countOf(tx, countUsers(db, request.deleted === true))),
    }),
}

/** Makes a user; undefined if the name is taken. */
export function insertUser(
  tx: Tx,
  user: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly name: string
    readonly displayName: string
    readonly role: Role | null
    readonly passwordHash: string | null
  },
): string | undefined {
  const id = tx.ids.next()
  freeName(tx, user.name, user.now)
  const made = tx.run(
    `insert into user (id, name, name_key, display_name, role, password_hash, revision, created_at)
      values (?, ?, ?, ?, ?, ?, 1, ?) on conflict (name_key) do nothing`,
    id,
    user.name,
    nameKey(user.name),
    user.displayName,
    user.role,
    user.passwordHash,
    user.now,
  )
  if (made === 0) return undefined
  const details = { role: user.role, password: user.passwordHash !== null }
  writeAudit(tx, { now: user.now, actor: user.actor, action: 'user.created', subject: user.name, details })
  return id
}

/** A name whose user can be restored no more is free, though something may still point to the old one. */
function freeName(tx: Tx, name: string, now: EpochMs): void {
  tx.run(
    `update user set name = name || '#' || substr(id, -6), name_key = id where name_key = ? and deleted_at < ?`,
    nameKey(name),
    restorableSince(now),
  )
}
