import type { DeletedStore } from '#deleting/deleted-store.ts'
import { changeUser, deleteSessionsOf, otherAdministrators, revokeTokensOf } from '#store/sql/users.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import { change, db, first } from '#store/sqlite/queries.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { revokeEnrollmentMadeBy } from './revoke-enrollment.ts'
import { findUser, mayAdminister, nameKey, type UserRow } from './user-rows.ts'

/** Things that a refusal names of each kind: a person reads them. */
const NAMED_MAX = 5

export const deleteUserVerbs: VerbsOf<Pick<DeletedStore, 'deleteUser' | 'restoreUser'>> = {
  deleteUser: (tx, { now, actor, name }) => {
    const user = findUser(tx, name)
    if (!user) return { outcome: 'no-user' }
    if (mayAdminister(user) && !first(tx, otherAdministrators(db, user.id))) return { outcome: 'last-administrator' }
    const clients = names(
      tx,
      `select name from client where user_id = ? and deleted_at is null and status <> 'revoked' order by name limit ?`,
      user.id,
    )
    const tasks = names(
      tx,
      `select name from task where user_id = ? and deleted_at is null and status <> 'completed' order by id limit ?`,
      user.id,
    )
    if (clients.length + tasks.length > 0) return { outcome: 'in-use', clients, tasks }
    // Disabled at the same instant, so that every way in is shut by the rule there is, and restoring knows it was this.
    change(tx, changeUser(db, user.id, { deleted_at: now, disabled_at: user.disabled_at ?? now }))
    change(tx, deleteSessionsOf(db, user.id))
    change(tx, revokeTokensOf(db, user.id, now))
    tx.run('update enrollment_token set revoked_at = ? where user_id = ? and revoked_at is null', now, user.id)
    revokeEnrollmentMadeBy(tx, { now, actor, user: user.name })
    writeAudit(tx, { now, actor, action: 'user.deleted', subject: user.name })
    return { outcome: 'deleted' }
  },

  restoreUser: (tx, { now, actor, name, deletedAfter }) => {
    const user = tx.get<UserRow>('select * from user where name_key = ?', nameKey(name))
    if (!user || (user.deleted_at !== null && user.deleted_at < deletedAfter)) return 'no-user'
    if (user.deleted_at === null) return 'restored'
    const disabled_at = user.disabled_at === user.deleted_at ? null : user.disabled_at
    change(tx, changeUser(db, user.id, { deleted_at: null, disabled_at }))
    writeAudit(tx, { now, actor, action: 'user.restored', subject: user.name })
    return 'restored'
  },
}

function names(tx: Tx, sql: string, user: string): readonly string[] {
  return tx.all<{ name: string }>(sql, user, NAMED_MAX).map((row) => row.name)
}
