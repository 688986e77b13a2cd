import type { EpochMs } from '@octopus/kit/clock.ts'
import type { RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { Outcome, RunStatus } from '@octopus/protocol/work.ts'

import type { DueTask } from '#planning/plan.ts'
import type { RunRecord, RunStore } from '#runs/run-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'
import type { Missed } from '#tasks/task.ts'

import { Changes } from './changes.ts'
import {
  createRun,
  isBeingWritten,
  newRunWork,
  RUNNING_TASK_COLUMNS,
  type RunningTask,
  SLICE_ROWS,
  writeExecutions,
} from './create-run.ts'
import { listPage } from './list.ts'
import { COUNT_COLUMNS, type CountRow, countsOf } from './rows.ts'
import { runSource } from './run-sources.ts'

export const runVerbs: VerbsOf<Omit<RunStore, 'retryRun'>> = {
  readDue: (tx, { now, limit }) => {
    const unwritten = tx.get('select 1 from run where audience_left is not null limit 1') !== undefined
    const resumedAt = workResumedAt(tx)
    if (workStopped(tx)) return { due: [], nextAt: null, unwritten, resumedAt }
    const rows = tx.all<DueRow>(
      `select id, type, start_at, end_at, interval_ms, cron, time_zone, catch_up, deadline_ms, revision, next_run_at from task
        where next_run_at is not null and next_run_at <= ? and paused_at is null order by next_run_at, id limit ?`,
      now,
      limit,
    )
    const next = tx.get<{ at: number | null }>(
      'select min(next_run_at) as at from task where next_run_at > ? and paused_at is null',
      now,
    )
    return { due: rows.map(dueTask), nextAt: next?.at ?? null, unwritten, resumedAt }
  },

  hastenOrders: (tx, { now }) => {
    tx.run(
      `update task set next_run_at = ?1
        where status = 'created' and type = 'ad-hoc' and start_at is null and next_run_at > ?1`,
      now,
    )
  },

  commitPlan: (tx, { now, tasks }) => {
    const changes = new Changes(tx, now)
    const stale: TaskId[] = []
    const stopped = workStopped(tx)
    const work = newRunWork()
    for (const planned of tasks) {
      const task = stopped ? undefined : takeDue(tx, planned)
      if (!task) {
        stale.push(planned.task)
        continue
      }
      for (const run of planned.runs) {
        const by = run.cause === 'manual' ? task.created_by : null
        createRun(tx, changes, { now, work }, { task, run: { planned: run, cause: { kind: run.cause, by } } })
      }
      tx.run('update task set next_run_at = ? where id = ?', planned.nextRunAt, planned.task)
      for (const missed of planned.missed) noteMissed(tx, planned.task, missed)
      changes.noteTask(planned.task)
    }
    return { stale, requests: work.requests, touched: changes.flush() }
  },

  writeSlice: (tx, { now }) => {
    const changes = new Changes(tx, now)
    const run = tx.get<{ id: RunId; task_id: TaskId; audience_left: string }>(
      'select id, task_id, audience_left from run where audience_left is not null order by id limit 1',
    )
    if (!run) return { more: false, requests: [], touched: changes.flush() }
    const left = JSON.parse(run.audience_left) as string[]
    const work = newRunWork()
    writeExecutions(tx, changes, { now, work }, { run: run.id, values: left.slice(0, SLICE_ROWS) })
    const rest = left.slice(SLICE_ROWS)
    tx.run('update run set audience_left = ? where id = ?', rest.length > 0 ? JSON.stringify(rest) : null, run.id)
    changes.noteRun(run.id, run.task_id)
    const touched = changes.flush()
    const more = tx.get('select 1 from run where audience_left is not null limit 1') !== undefined
    return { more, requests: work.requests, touched }
  },

  readRun: (tx, { id }) => {
    const row = tx.get<RunRow>(`${RUN_SELECT} from run r join task t on t.id = r.task_id where r.id = ?`, id)
    return row ? runRecord(row) : null
  },

  listRuns: (tx, request) => {
    const { index, conditions } = runSource(request.filter)
    return listPage<RunRow, RunRecord>(tx, request, {
      select: `${RUN_SELECT} from run r indexed by ${index} cross join task t on t.id = r.task_id`,
      from: `from run r indexed by ${index}`,
      key: ['r.id'],
      direction: 'desc',
      conditions,
      keyOf: (row) => [row.id],
      map: runRecord,
    })
  },
}

/** Everything is stopped: nothing is planned and nothing handed over. */
export function workStopped(tx: Tx): boolean {
  return tx.get<{ value: string }>(`select value from meta where key = 'workStopped'`)?.value === '1'
}

/** When all work was resumed last; 0 if it never was stopped. */
function workResumedAt(tx: Tx): EpochMs {
  return Number(tx.get<{ value: string }>(`select value from meta where key = 'workResumedAt'`)?.value ?? 0)
}

function noteMissed(tx: Tx, task: TaskId, { from, to, count, reason }: Missed): void {
  tx.run(
    `update task set missed_count = missed_count + ?, missed_from = ?, missed_to = ?, missed_last_count = ?,
      missed_reason = ? where id = ?`,
    count,
    from,
    to,
    count,
    reason,
    task,
  )
}

/**
 * The task, if the premises of its plan still hold, and the executions of its earlier runs are all written: they come
 * first in every slot.
 */
function takeDue(
  tx: Tx,
  planned: { readonly task: TaskId; readonly premise: { readonly revision: number; readonly nextRunAt: number } },
): (RunningTask & { readonly created_by: string }) | undefined {
  if (isBeingWritten(tx, planned.task)) return undefined
  return tx.get(
    `select ${RUNNING_TASK_COLUMNS}, created_by from task
      where id = ? and revision = ? and next_run_at = ? and paused_at is null`,
    planned.task,
    planned.premise.revision,
    planned.premise.nextRunAt,
  )
}

interface DueRow {
  readonly id: TaskId
  readonly type: DueTask['type']
  readonly start_at: number | null
  readonly end_at: number | null
  readonly interval_ms: number | null
  readonly cron: string | null
  readonly time_zone: string | null
  readonly catch_up: DueTask['catchUp']
  readonly deadline_ms: number | null
  readonly revision: number
  readonly next_run_at: number
}

function dueTask(row: DueRow): DueTask {
  return {
    id: row.id,
    type: row.type,
    startAt: row.start_at,
    endAt: row.end_at,
    intervalMs: row.interval_ms,
    cron: row.cron,
    timeZone: row.time_zone,
    catchUp: row.catch_up,
    deadlineMs: row.deadline_ms,
    revision: row.revision,
    nextRunAt: row.next_run_at,
  }
}

interface RunRow extends CountRow {
  readonly id: RunId
  readonly task_id: TaskId
  readonly task_name: string
  readonly plugin: string
  readonly action: string
  readonly occurrence: string
  readonly due_at: number
  readonly cause_kind: RunRecord['cause']['kind']
  readonly cause_by: string | null
  readonly cause_of: string | null
  readonly status: RunStatus
  readonly outcome: Outcome | null
  readonly note: string | null
  readonly try_client: string | null
  readonly audience_size: number
  readonly cancel_requested_at: number | null
  readonly created_at: number
  readonly ended_at: number | null
}

const RUN_SELECT = `select r.id, r.task_id, t.name as task_name, r.plugin, r.action, r.occurrence, r.due_at, r.cause_kind,
  r.cause_by, r.cause_of, r.status, r.outcome, r.note, r.try_client, r.audience_size, r.cancel_requested_at, r.created_at, r.ended_at,
  ${COUNT_COLUMNS.map((column) => `r.${column}`).join(', ')}`

function runRecord(row: RunRow): RunRecord {
  return {
    id: row.id,
    taskId: row.task_id,
    taskName: row.task_name,
    plugin: row.plugin,
    action: row.action,
    occurrence: row.occurrence,
    dueAt: row.due_at,
    cause: { kind: row.cause_kind, by: row.cause_by, of: row.cause_of },
    status: row.status,
    outcome: row.outcome,
    note: row.note,
    try: row.try_client !== null,
    audienceSize: row.audience_size,
    counts: countsOf(row),
    cancelRequestedAt: row.cancel_requested_at,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  }
}
