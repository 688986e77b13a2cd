import type { RunId, TaskId } from '@octopus/protocol/ids.ts'

import { FINE_GRAIN_KEEP_MS, RUN_STAT_GRAINS_MS } from '#live/run-buckets.ts'
import { sweepTime } from '#retention/cutoffs.ts'
import type { RetentionStore, Slice, Swept } from '#retention/retention-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { markKeptFrom } from './kept-from.ts'
import { sweepDeleted } from './sweep-deleted.ts'
import { deleteRun, deleteTaskRow } from './sweep-rows.ts'

const HOUR_MS = 3_600_000

/** Runs, or tasks, looked at in one slice, whether they may go or not. */
const LOOKED_AT = 200

export const retentionVerbs: VerbsOf<RetentionStore> = {
  takeSweepTime: (tx, { wall, ranMs }) => {
    const last = tx.get<{ value: number }>(`select value from counter where name = 'swept_at'`)?.value ?? null
    const time = sweepTime({ wall, last, ranMs })
    // A clock that is set back takes nothing back: what was believed once is no jump when it comes again.
    tx.run(
      `insert into counter (name, value) values ('swept_at', ?)
        on conflict (name) do update set value = max(value, excluded.value)`,
      time,
    )
    return time
  },

  sweepRuns,
  sweepTasks,
  sweepDeleted,

  sweepAudit: (tx, { now, before, limit }) => {
    const actor = { kind: 'system', name: 'retention' } as const
    // By id, which rises with time: looking for old entries must not go through all that are young.
    const old = tx.get('select 1 from audit where id < ? and at < ? limit 1', firstIdAt(before), before)
    if (old && markKeptFrom(tx, 'audit_kept_from', before)) {
      writeAudit(tx, { now, actor, action: 'audit.shorten', subject: 'audit', details: { before } })
    }
    const deleted = tx.run(
      'delete from audit where id in (select id from audit where id < ? and at < ? order by id limit ?)',
      firstIdAt(before),
      before,
      limit,
    )
    return sweptAll(deleted, limit)
  },

  sweepCredentials: (tx, { before, limit }) => {
    const statements = [
      'delete from web_session where hash in (select hash from web_session where expires_at < ?1 limit ?2)',
      'delete from one_time_link where hash in (select hash from one_time_link where expires_at < ?1 limit ?2)',
      `delete from api_token where id in (
        select id from api_token where expires_at < ?1 or revoked_at < ?1 limit ?2)`,
      `delete from enrollment_token where id in (
        select id from enrollment_token where expires_at < ?1 or revoked_at < ?1 limit ?2)`,
    ]
    const deleted = statements.map((sql) => tx.run(sql, before, limit))
    return sweptAll(Math.max(...deleted), limit, sum(deleted))
  },

  sweepStats: (tx, { now, before, limit }) => {
    const hours = tx.run(
      'delete from hour_stats where hour in (select hour from hour_stats where hour < ? limit ?)',
      Math.floor(before / HOUR_MS),
      limit,
    )
    const runs = RUN_STAT_GRAINS_MS.map((grain, n) =>
      deleteRunStats(tx, grain, n === 0 ? Math.max(before, now - FINE_GRAIN_KEEP_MS) : before, limit),
    )
    const told = [
      tx.run(
        `delete from notification_message where id in (
          select id from notification_message where ended_at < ? order by ended_at limit ?)`,
        before,
        limit,
      ),
      tx.run(
        `delete from notice where count <= told and (subject, event) in (
          select subject, event from notice where count <= told and last_at < ? order by last_at limit ?)`,
        before,
        limit,
      ),
    ]
    const all = [hours, ...runs, ...told]
    return sweptAll(Math.max(...all), limit, sum(all))
  },

  sweepOutput: (tx, { before, limit }) => {
    // A head may have 1 MiB of chunks: they are what takes time.
    const heads = tx.all<{ execution_id: string }>(
      'select execution_id from output_head where stored_at < ? order by stored_at limit ?',
      before,
      Math.max(1, Math.floor(limit / 10)),
    )
    let deleted = 0
    for (const { execution_id } of heads) {
      if (deleted >= limit) break
      deleted += tx.run('delete from output_chunk where execution_id = ?', execution_id)
      deleted += tx.run('delete from output_head where execution_id = ?', execution_id)
    }
    return { deleted, after: heads.length > 0 ? 'more' : null }
  },

  giveBackSpace: (tx, { pages }) => giveBack(tx, pages),
  giveBackOutputSpace: (tx, { pages }) => giveBack(tx, pages),
}

function sweepRuns(tx: Tx, { before, after, limit }: Slice): Swept {
  markKeptFrom(tx, 'executions_kept_from', before)
  // Ids rise with the time of creation, which is before the end: no index by end has to be kept for this.
  const runs = tx.all<RunRow>(
    `select r.id, r.task_id, r.ended_at, t.status, t.last_run from run r join task t on t.id = r.task_id
      where r.status = 'completed' and r.id > ? and r.id < ? order by r.id limit ?`,
    after ?? '',
    firstIdAt(before),
    LOOKED_AT,
  )
  let deleted = 0
  let done = after ?? ''
  for (const run of runs) {
    const isLastWord = run.last_run === run.id && run.status !== 'completed'
    if (isLastWord || run.ended_at >= before) continue
    const went = deleteRun(tx, run.id, limit - deleted)
    deleted += went.rows
    // What is left of it goes in the next slice, which looks at it again.
    if (!went.all) return { deleted, after: done }
    if (run.status === 'completed') deleted += deleteTaskRow(tx, run.task_id)
    done = run.id
    if (deleted >= limit) return { deleted, after: done }
  }
  return { deleted, after: runs.length === LOOKED_AT ? (runs.at(-1)?.id ?? null) : null }
}

/**
 * Nobody wrote down when such a task ended: it was not before it was made, nor before its time if that has come, and
 * whoever ended it by hand is in the audit trail.
 */
function sweepTasks(tx: Tx, { now, before, after, limit }: Slice): Swept {
  const tasks = tx.all<{ id: TaskId; is_young: 0 | 1 }>(
    `select id, coalesce(start_at between ?1 and ?2, 0) or coalesce(end_at between ?1 and ?2, 0)
        or exists (select 1 from audit where subject = task.id and id >= ?3) as is_young
      from task where status = 'completed' and deleted_at is null and id > ?4 and id < ?3 order by id limit ?5`,
    before,
    now,
    firstIdAt(before),
    after ?? '',
    LOOKED_AT,
  )
  let deleted = 0
  for (const { id, is_young } of tasks) {
    if (is_young === 0) deleted += deleteTaskRow(tx, id)
    if (deleted >= limit) return { deleted, after: id }
  }
  return { deleted, after: tasks.length === LOOKED_AT ? (tasks.at(-1)?.id ?? null) : null }
}

interface RunRow {
  readonly id: RunId
  readonly task_id: TaskId
  readonly ended_at: number
  readonly status: string
  readonly last_run: RunId | null
}

/** The lowest id of version 7 that can be made at this instant. */
function firstIdAt(at: number): string {
  const time = Math.max(0, at).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-`
}

function deleteRunStats(tx: Tx, grain: number, before: number, limit: number): number {
  return tx.run(
    `delete from run_stats where grain_ms = ?1 and at in (
      select distinct at from run_stats where grain_ms = ?1 and at < ?2 order by at limit ?3)`,
    grain,
    before,
    limit,
  )
}

function sweptAll(deleted: number, limit: number, total = deleted): Swept {
  return { deleted: total, after: deleted < limit ? null : 'more' }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

function giveBack(tx: Tx, pages: number): number {
  // Its text must be constant; the pragma takes no parameter.
  if (pages > 0) tx.all('pragma incremental_vacuum(100)')
  return tx.get<{ freelist_count: number }>('pragma freelist_count')?.freelist_count ?? 0
}
