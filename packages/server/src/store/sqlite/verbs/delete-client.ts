import type { ClientStatus } from '@octopus/protocol/enroll.ts'

import type { DeletedStore } from '#deleting/deleted-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { VerbsOf } from '#store/sqlite/tx.ts'

import { Changes } from './changes.ts'
import { addTotal } from './totals.ts'
import { forgetVanished } from './vanished-notes.ts'
import { cancelWaitingFor } from './waiting-for-client.ts'

export const deleteClientVerbs: VerbsOf<Pick<DeletedStore, 'deleteClient' | 'restoreClient'>> = {
  deleteClient: (tx, { now, actor, client }) => {
    const row = tx.get<{ name: string; status: ClientStatus }>(
      'select name, status from client where id = ? and deleted_at is null',
      client,
    )
    if (!row) return { outcome: 'no-client' }
    const inHand = tx.get<{ n: number }>(
      `select count(*) as n from execution where client_id = ? and state in ('assigned', 'running', 'disconnected')`,
      client,
    )
    if (inHand && inHand.n > 0) return { outcome: 'at-work', name: row.name, executions: inHand.n }
    const changes = new Changes(tx, now)
    if (cancelWaitingFor(tx, changes, client, 'client-deleted')) return { outcome: 'more', touched: changes.flush() }
    // Without a session nothing is handed over to it any more, and no audience counts it.
    tx.run(
      `update client set deleted_at = ?, last_seen_at = case when session_id is null then last_seen_at else ? end,
        session_id = null, revision = revision + 1 where id = ?`,
      now,
      now,
      client,
    )
    forgetVanished(tx, client)
    addTotal(tx, 'client', row.status, -1)
    writeAudit(tx, { now, actor, action: 'client.deleted', subject: client, details: { name: row.name } })
    return { outcome: 'deleted', touched: changes.flush() }
  },

  restoreClient: (tx, { now, actor, client, deletedAfter }) => {
    const row = tx.get<{ status: ClientStatus; deleted_at: number | null }>(
      'select status, deleted_at from client where id = ?',
      client,
    )
    if (!row || (row.deleted_at !== null && row.deleted_at < deletedAfter)) return 'no-client'
    if (row.deleted_at === null) return 'restored'
    // Its user may be gone by now; then it belongs to nobody.
    tx.run(
      `update client set deleted_at = null, revision = revision + 1,
        user_id = (select u.id from user u where u.id = client.user_id and u.deleted_at is null) where id = ?`,
      client,
    )
    addTotal(tx, 'client', row.status, 1)
    writeAudit(tx, { now, actor, action: 'client.restored', subject: client })
    return 'restored'
  },
}
