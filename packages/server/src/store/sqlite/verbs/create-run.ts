import { present } from '@octopus/kit/assert.ts'
import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { OnDisconnect, Owner, SlotKind } from '@octopus/protocol/work.ts'

import type { PlannedRun } from '#planning/plan.ts'
import type { Tx } from '#store/sqlite/tx.ts'

import type { Changes } from './changes.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'

/** Executions written in one transaction: keeps it below about 20 ms. */
export const SLICE_ROWS = 500

/** What a run takes from its task. */
export interface RunningTask {
  readonly id: TaskId
  readonly plugin: string
  readonly action: string
  readonly args_json: string
  readonly kwargs_json: string
  readonly owner: Owner
  readonly user_id: string | null
  readonly timeout_ms: number
  readonly on_disconnect: OnDisconnect
  readonly retry_max: number
  readonly retry_backoff_ms: number
  readonly retry_on: string
  readonly priority: number
}

export const RUNNING_TASK_COLUMNS = `id, plugin, action, args_json, kwargs_json, owner, user_id, timeout_ms, on_disconnect,
  retry_max, retry_backoff_ms, retry_on, priority`

/** What the runs of one transaction share: the rows it may still write, and who is connected at its instant. */
export interface RunWork {
  rowsLeft: number
  everybody?: readonly string[]
}

export function newRunWork(): RunWork {
  return { rowsLeft: SLICE_ROWS }
}

export interface NewRun {
  readonly planned: Omit<PlannedRun, 'cause'>
  readonly cause: {
    readonly kind: 'schedule' | 'catch-up' | 'manual' | 'retry'
    readonly by: string | null
    /** The run that is tried again. */
    readonly of?: RunId
  }
  /** The slots of a run that is tried again; left out, the owner says whose they are. */
  readonly slots?: readonly string[]
  /** True: an execution waits for an earlier one of its slot instead of being skipped. */
  readonly queues: boolean
}

/** The kind of the slots that a run of this owner has. */
export const SLOT_OF_OWNER: Readonly<Record<Owner, SlotKind>> = { all: 'client', anyone: 'any', user: 'user' }

/**
 * Makes a run with its frozen audience and the first slice of executions. Undefined when the task has this occurrence
 * already: there is exactly one run per occurrence, by the unique key.
 */
export function createRun(
  tx: Tx,
  changes: Changes,
  { now, work }: { readonly now: EpochMs; readonly work: RunWork },
  { task, run }: { readonly task: RunningTask; readonly run: NewRun },
): RunId | undefined {
  const id = tx.ids.next() as RunId
  const audience = run.slots ?? audienceOf(tx, task, work)
  const first = audience.slice(0, work.rowsLeft)
  const rest = audience.slice(first.length)
  const inserted = tx.run(
    `insert into run (id, task_id, occurrence, due_at, deadline_at, cause_kind, cause_by, cause_of, status, outcome, note,
        plugin, plugin_version, checksum, language, action, args_json, kwargs_json, timeout_ms, on_disconnect,
        retry_max, retry_backoff_ms, retry_on, priority, queues, audience_size, rows_written, audience_left, created_at)
      select ?, ?, ?, ?, ?, ?, ?, ?, 'active', null, ?, p.name, p.version, p.checksum, s.language, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, 0, ?, ?
      from plugin p join plugin_source s on s.checksum = p.checksum where p.name = ?
      on conflict (task_id, occurrence) do nothing`,
    id,
    task.id,
    run.planned.occurrence,
    run.planned.dueAt,
    run.planned.deadlineAt,
    run.cause.kind,
    run.cause.by,
    run.cause.of ?? null,
    audience.length === 0 ? 'No approved client was connected when this run was due.' : null,
    task.action,
    task.args_json,
    task.kwargs_json,
    task.timeout_ms,
    task.on_disconnect,
    task.retry_max,
    task.retry_backoff_ms,
    task.retry_on,
    task.priority,
    run.queues ? 1 : 0,
    audience.length,
    rest.length > 0 ? JSON.stringify(rest) : null,
    now,
    task.plugin,
  )
  if (inserted === 0) return undefined
  tx.run('update task set open_runs = open_runs + 1, last_run = ? where id = ?', id, task.id)
  changes.noteRun(id, task.id)
  changes.runMade()
  work.rowsLeft -= first.length
  writeExecutions(tx, changes, now, { run: id, values: first })
  return id
}

/** Who a run is for, at this instant: the slots that get exactly one execution each. */
function audienceOf(tx: Tx, task: RunningTask, work: RunWork): readonly string[] {
  if (task.owner === 'anyone') return ['']
  if (task.owner === 'user') return [present(task.user_id, 'the user of a user task')]
  work.everybody ??= tx
    .all<{ id: string }>(`select id from client where status = 'approved' and session_id is not null order by id`)
    .map((row) => row.id)
  return work.everybody
}

interface UnwrittenRun {
  readonly id: RunId
  readonly task_id: TaskId
  readonly due_at: number
  readonly deadline_at: number
  readonly priority: number
  readonly queues: number
  readonly language: string
  readonly timeout_ms: number
  readonly on_disconnect: OnDisconnect
  readonly cancel_requested_at: number | null
  readonly owner: Owner
}

/** Writes executions of a run for some of its slots; a slot that has its row already is passed over. */
export function writeExecutions(
  tx: Tx,
  changes: Changes,
  now: EpochMs,
  { run: runId, values }: { readonly run: RunId; readonly values: readonly string[] },
): void {
  if (values.length === 0) return
  const run = present(
    tx.get<UnwrittenRun>(
      `select r.id, r.task_id, r.due_at, r.deadline_at, r.priority, r.queues, r.language, r.timeout_ms, r.on_disconnect,
        r.cancel_requested_at, t.owner from run r join task t on t.id = r.task_id where r.id = ?`,
      runId,
    ),
    'the run',
  )
  const kind = SLOT_OF_OWNER[run.owner]
  let written = 0
  for (const value of values) {
    const yieldsTo = run.queues === 1 ? undefined : openInSlot(tx, changes, now, run.task_id, { kind, value })
    const state = run.cancel_requested_at !== null ? 'cancelled' : yieldsTo === undefined ? 'queued' : 'skipped'
    const reason = state === 'cancelled' ? 'cancelled' : state === 'skipped' ? `overlap:${yieldsTo}` : null
    const end = state === 'queued' ? run.deadline_at : null
    const id = tx.ids.next() as ExecutionId
    const inserted = tx.run(
      `insert into execution (id, run_id, task_id, slot_kind, slot_value, state, reason, priority, queues, language,
          not_before, timeout_ms, on_disconnect, due_at, deadline_at, queued_at, ended_at, ends_at_latest)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (run_id, slot_kind, slot_value) do nothing`,
      id,
      run.id,
      run.task_id,
      kind,
      value,
      state,
      reason,
      run.priority,
      run.queues,
      run.language,
      now,
      run.timeout_ms,
      run.on_disconnect,
      run.due_at,
      run.deadline_at,
      now,
      state === 'queued' ? null : now,
      end,
    )
    if (inserted === 0) continue
    written += 1
    changes.inserted({ id, run_id: run.id, task_id: run.task_id, kind, value }, state, end)
  }
  tx.run('update run set rows_written = rows_written + ? where id = ?', written, run.id)
}

/**
 * The open execution of a task in a slot that a newcomer yields to (`overlap: skip`), judged after expiry: one that is
 * past its deadline and still queued is expired on the way.
 */
function openInSlot(
  tx: Tx,
  changes: Changes,
  now: EpochMs,
  task: TaskId,
  slot: { readonly kind: SlotKind; readonly value: string },
): ExecutionId | undefined {
  const open = tx.all<StateRow>(
    `select ${STATE_COLUMNS} from execution
      where task_id = ? and slot_kind = ? and slot_value = ? and ends_at_latest is not null order by id desc`,
    task,
    slot.kind,
    slot.value,
  )
  return open.find((row) => {
    const expired = row.state === 'queued' && row.deadline_at <= now
    return !(expired && changes.apply(row, { on: 'deadline-passed' }))
  })?.id
}
