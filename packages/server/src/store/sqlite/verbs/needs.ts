import type { NeedRecord, NeedsStore } from '#live/needs-store.ts'
import type { SqlValue, Tx, VerbsOf } from '#store/sqlite/tx.ts'

/** Of each kind so many are named, and at most so many counted. */
const NEED_ITEMS_MAX = 10
const NEED_COUNT_MAX = 1_000
const DAY_MS = 86_400_000
/** Fewer may be bad luck. */
const FAILED_RUNS_MIN = 3
/** A plugin that nobody has run since needs nobody. */
const FAILED_WITHIN_MS = 7 * DAY_MS

export const needVerbs: VerbsOf<NeedsStore> = {
  readNeeds: (tx, { now }) => {
    const yesterday = now - DAY_MS
    return [
      need(
        tx,
        'clients-vanished',
        `select id, name, vanished_at as since from client indexed by client_vanished
          where vanished_at is not null and vanished_at > ? and status = 'approved' and deleted_at is null
          order by vanished_at desc limit ?`,
        yesterday,
      ),
      need(
        tx,
        'tasks-expired',
        `select t.id, t.name, expired.ended_at as since
          from (select id, task_id, ended_at from run indexed by run_by_outcome
            where outcome = 'expired' and outcome is not null order by id desc limit ${NEED_COUNT_MAX}) expired
          cross join task t on t.id = expired.task_id and t.last_run = expired.id
          where expired.ended_at > ? and t.deleted_at is null and t.try_client is null limit ?`,
        yesterday,
      ),
      need(
        tx,
        'plugins-failing',
        `select p.name as id, p.name, f.since from plugin_failing f join plugin p on p.name = f.plugin
          where f.runs >= ? and f.last_at > ? and p.deleted_at is null order by f.last_at desc limit ?`,
        FAILED_RUNS_MIN,
        now - FAILED_WITHIN_MS,
      ),
      need(
        tx,
        'clients-pending',
        `select id, name, created_at as since from client indexed by client_by_status
          where status = 'pending' and deleted_at is null limit ?`,
      ),
    ].filter(({ count }) => count > 0)
  },
}

interface ItemRow {
  readonly id: string
  readonly name: string
  readonly since: number
}

/** Counts by reading as many rows as are counted at most: there are few, or something is very wrong. */
function need(tx: Tx, kind: NeedRecord['kind'], sql: string, ...values: readonly SqlValue[]): NeedRecord {
  const rows = tx.all<ItemRow>(sql, ...values, NEED_COUNT_MAX)
  const newest = [...rows].sort((a, b) => b.since - a.since).slice(0, NEED_ITEMS_MAX)
  return { kind, count: rows.length, items: newest.map(({ id, name, since }) => ({ id, name, since })) }
}
