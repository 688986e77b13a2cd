import type { DeletedStore } from '#deleting/deleted-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

/** What each step deletes: rows whose time is over and that nothing points to. Parameters: the time, the limit. */
const STEPS: readonly (readonly [kind: string, table: string, key: string, select: string])[] = [
  [
    'task',
    'task',
    'id',
    `select id as key from task where deleted_at < ? and not exists (select 1 from run where run.task_id = task.id) limit ?`,
  ],
  [
    'plugin',
    'plugin',
    'name',
    `select name as key from plugin where deleted_at < ? and not exists (select 1 from task where task.plugin = plugin.name)
      limit ?`,
  ],
  [
    'client',
    'client',
    'id',
    `select id as key from client where deleted_at < ?
      and not exists (select 1 from execution e where e.client_id = client.id)
      and not exists (select 1 from task t where t.try_client = client.id) limit ?`,
  ],
  [
    'user',
    'user',
    'id',
    `select id as key from user where deleted_at < ?
      and not exists (select 1 from client c where c.user_id = user.id)
      and not exists (select 1 from task t where t.user_id = user.id) limit ?`,
  ],
]

/** What belongs to a row and goes with it. */
const BELONGINGS: Readonly<Record<string, readonly string[]>> = {
  plugin: ['delete from plugin_version where plugin = ?'],
  user: [
    'delete from api_token where user_id = ?',
    'delete from web_session where user_id = ?',
    'delete from one_time_link where user_id = ?',
    'delete from enrollment_token where user_id = ?',
  ],
}

export const purgeVerbs: VerbsOf<Pick<DeletedStore, 'purgeDeleted'>> = {
  purgeDeleted: (tx, { now, deletedBefore, limit }) => {
    let purged = 0
    let more = false
    const count = (rows: number): void => {
      purged += rows
      more ||= rows === limit
    }
    count(purgeTries(tx, limit))
    for (const [kind, table, key, select] of STEPS) {
      const keys = tx.all<{ key: string }>(select, deletedBefore, limit).map((row) => row.key)
      for (const one of keys) {
        for (const sql of BELONGINGS[kind] ?? []) tx.run(sql, one)
        tx.run(`delete from ${table} where ${key} = ?`, one)
        writeAudit(tx, { now, actor: { kind: 'system', name: 'retention' }, action: `${kind}.purged`, subject: one })
      }
      count(keys.length)
    }
    count(purgeSources(tx, limit))
    return { purged, more }
  },
}

/** A try has no life of its own: it goes with its run. */
function purgeTries(tx: Tx, limit: number): number {
  return tx.run(
    `delete from task where id in (select t.id from task t where t.try_client is not null
      and not exists (select 1 from run r where r.task_id = t.id) limit ?)`,
    limit,
  )
}

/** Sources of tries, and of versions that are gone. */
function purgeSources(tx: Tx, limit: number): number {
  return tx.run(
    `delete from plugin_source where checksum in (select s.checksum from plugin_source s
      where not exists (select 1 from plugin_version v where v.checksum = s.checksum)
        and not exists (select 1 from run r where r.checksum = s.checksum)
        and not exists (select 1 from manifest m where m.checksum = s.checksum) limit ?)`,
    limit,
  )
}
