import { present } from '@octopus/kit/assert.ts'
import type { RunId, TaskId, UserId } from '@octopus/protocol/ids.ts'
import { SCHEDULES_MAX } from '@octopus/protocol/limits.ts'
import type { MissedReason } from '@octopus/protocol/rest/tasks.ts'
import type { CatchUp, OnDisconnect, Outcome, Overlap, Owner, TaskStatus, TaskType } from '@octopus/protocol/work.ts'

import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'
import type { TaskStore } from '#tasks/task-store.ts'
import { deadlineOf, type Missed, type TaskRecord } from '#tasks/task.ts'

import { Changes } from './changes.ts'
import { createRun, newRunWork, type RunningTask } from './create-run.ts'
import { endSchedule } from './end-schedule.ts'
import { listPage } from './list.ts'
import { COUNT_COLUMNS, type CountRow, countsOf, retryOf } from './rows.ts'
import { taskSource } from './task-sources.ts'

export const taskVerbs: VerbsOf<Omit<TaskStore, 'changeTask' | 'pauseTask' | 'resumeTask'>> = {
  createTask: (tx, { now, actor, definition, nextRunAt, schedulesMax = SCHEDULES_MAX }) => {
    if (!tx.get('select 1 from plugin where name = ? and deleted_at is null', definition.plugin)) {
      return { outcome: 'plugin-gone' }
    }
    if (
      definition.userId !== null &&
      !tx.get('select 1 from user where id = ? and deleted_at is null', definition.userId)
    ) {
      return { outcome: 'user-gone' }
    }
    if (definition.type === 'scheduled' && scheduleCount(tx, schedulesMax) >= schedulesMax)
      return { outcome: 'too-many-schedules' }
    const id = tx.ids.next() as TaskId
    tx.run(
      `insert into task (id, name, plugin, action, args_json, kwargs_json, owner, user_id, type, start_at, end_at,
          interval_ms, cron, time_zone, catch_up, overlap, timeout_ms, deadline_ms, on_disconnect, retry_max,
          retry_backoff_ms, retry_on, priority, status, next_run_at, revision, created_at, created_by)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'created', ?, 1, ?, ?)`,
      id,
      definition.name,
      definition.plugin,
      definition.action,
      definition.argsJson,
      definition.kwargsJson,
      definition.owner,
      definition.userId,
      definition.type,
      definition.startAt,
      definition.endAt,
      definition.intervalMs,
      definition.cron,
      definition.timeZone,
      definition.catchUp,
      definition.overlap,
      definition.timeoutMs,
      definition.deadlineMs,
      definition.onDisconnect,
      definition.retry.maxAttempts,
      definition.retry.backoffMs,
      JSON.stringify(definition.retry.on),
      definition.priority,
      nextRunAt,
      now,
      actor.name,
    )
    tx.run(
      `insert into total (kind, word, value) values ('task', 'created', 1)
        on conflict (kind, word) do update set value = value + 1`,
    )
    writeAudit(tx, { now, actor, action: 'task.create', subject: id, details: { plugin: definition.plugin } })
    return { outcome: 'created', task: present(readTask(tx, id), 'the new task') }
  },

  runTask: (tx, { now, actor, task: id, argsJson, kwargsJson }) => {
    const row = tx.get<TaskRow>(ONE_TASK, id)
    if (!row) return null
    const changes = new Changes(tx, now)
    const task: RunningTask = {
      ...row,
      args_json: argsJson ?? row.args_json,
      kwargs_json: kwargsJson ?? row.kwargs_json,
    }
    const deadlineAt = deadlineOf(taskRecord(row), { dueAt: now, createdAt: now, nextAt: null })
    const run = present(
      createRun(
        tx,
        changes,
        { now, work: newRunWork() },
        {
          task,
          run: {
            planned: { occurrence: `manual:${tx.ids.next()}`, dueAt: now, deadlineAt, queues: true },
            cause: { kind: 'manual', by: actor.name },
          },
        },
      ),
      'the new run',
    )
    writeAudit(tx, { now, actor, action: 'task.run', subject: id, details: { run } })
    return { run, touched: changes.flush() }
  },

  endTask: (tx, { now, actor, task: id }) => {
    const row = tx.get<{ next_run_at: number | null }>(
      'select next_run_at from task where id = ? and deleted_at is null',
      id,
    )
    if (!row) return null
    const changes = new Changes(tx, now)
    if (row.next_run_at === null) return { changed: false, touched: changes.flush() }
    endSchedule(tx, changes, id, 'cancelled')
    writeAudit(tx, { now, actor, action: 'task.end', subject: id })
    return { changed: true, touched: changes.flush() }
  },

  readTask: (tx, { id }) => readTask(tx, id),

  listTasks: (tx, request) => {
    const { index, key, direction, conditions } = taskSource(request.filter)
    return listPage<TaskRow, TaskRecord>(tx, request, {
      select: taskSelect(`indexed by ${index}`),
      from: `from task t indexed by ${index}`,
      key,
      direction,
      conditions,
      keyOf: (row) => (key.length === 1 ? [row.id] : [row.next_run_at ?? 0, row.id]),
      map: taskRecord,
    })
  },
}

/** Counted along an index of its own, and not beyond what matters. */
function scheduleCount(tx: Tx, atMost: number): number {
  const row = tx.get<{ n: number }>(
    `select count(*) as n from (select 1 from task indexed by task_schedules
      where type = 'scheduled' and next_run_at is not null limit ?)`,
    atMost,
  )
  return row?.n ?? 0
}

export function readTask(tx: Tx, id: TaskId): TaskRecord | null {
  const row = tx.get<TaskRow>(ONE_TASK, id)
  return row ? taskRecord(row) : null
}

interface TaskRow extends CountRow {
  readonly id: TaskId
  readonly name: string
  readonly plugin: string
  readonly action: string
  readonly args_json: string
  readonly kwargs_json: string
  readonly owner: Owner
  readonly user_id: UserId | null
  readonly user_name: string | null
  readonly type: TaskType
  readonly start_at: number | null
  readonly end_at: number | null
  readonly interval_ms: number | null
  readonly cron: string | null
  readonly time_zone: string | null
  readonly catch_up: CatchUp
  readonly overlap: Overlap
  readonly timeout_ms: number
  readonly deadline_ms: number | null
  readonly on_disconnect: OnDisconnect
  readonly retry_max: number
  readonly retry_backoff_ms: number
  readonly retry_on: string
  readonly priority: number
  readonly status: TaskStatus
  readonly outcome: Outcome | null
  readonly paused_at: number | null
  readonly missed_count: number
  readonly missed_from: number | null
  readonly missed_to: number | null
  readonly missed_last_count: number | null
  readonly missed_reason: MissedReason | null
  readonly next_run_at: number | null
  readonly last_run: RunId | null
  readonly revision: number
  readonly created_at: number
  readonly created_by: string
  readonly deleted_at: number | null
}

const taskSelect = (
  hint = '',
): string => `select t.id, t.name, t.plugin, t.action, t.args_json, t.kwargs_json, t.owner, t.user_id,
  u.name as user_name, t.type, t.start_at, t.end_at, t.interval_ms, t.cron, t.time_zone, t.catch_up,
  t.overlap, t.timeout_ms, t.deadline_ms, t.on_disconnect, t.retry_max, t.retry_backoff_ms, t.retry_on,
  t.priority, t.status, t.outcome, t.paused_at,
  t.missed_count, t.missed_from, t.missed_to, t.missed_last_count, t.missed_reason, t.next_run_at, t.last_run, t.revision, t.created_at, t.created_by, t.deleted_at,
  ${COUNT_COLUMNS.map((column) => `t.${column}`).join(', ')}
  from task t ${hint} left join user u on u.id = t.user_id`
const TASK_SELECT = taskSelect()

/** A deleted task is not there, and neither is that of a try: running it again would run it on every client. */
const ONE_TASK = `${TASK_SELECT} where t.id = ? and t.deleted_at is null and t.try_client is null`

function taskRecord(row: TaskRow): TaskRecord {
  return {
    id: row.id,
    name: row.name,
    plugin: row.plugin,
    action: row.action,
    argsJson: row.args_json,
    kwargsJson: row.kwargs_json,
    owner: row.owner,
    userId: row.user_id,
    userName: row.user_name,
    type: row.type,
    startAt: row.start_at,
    endAt: row.end_at,
    intervalMs: row.interval_ms,
    cron: row.cron,
    timeZone: row.time_zone,
    catchUp: row.catch_up,
    overlap: row.overlap,
    timeoutMs: row.timeout_ms,
    deadlineMs: row.deadline_ms,
    onDisconnect: row.on_disconnect,
    retry: retryOf(row),
    priority: row.priority,
    status: row.status,
    outcome: row.outcome,
    pausedAt: row.paused_at,
    nextRunAt: row.next_run_at,
    missed: { count: row.missed_count, last: lastMissed(row) },
    counts: countsOf(row),
    lastRun: row.last_run,
    revision: row.revision,
    createdAt: row.created_at,
    createdBy: row.created_by,
    deletedAt: row.deleted_at,
  }
}

function lastMissed(row: TaskRow): Missed | null {
  const { missed_from: from, missed_to: to, missed_last_count: count, missed_reason: reason } = row
  return from === null || to === null || count === null || reason === null ? null : { from, to, count, reason }
}
