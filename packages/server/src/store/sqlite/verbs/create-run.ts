import { present } from '@octopus/kit/assert.ts'
import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { OnDisconnect, Overlap, Owner, SlotKind } from '@octopus/protocol/work.ts'

import type { CancelRequest, Slot } from '#executions/execution-store.ts'
import type { PlannedRun } from '#planning/plan.ts'
import { judgeOverlap, type Verdict } from '#runs/overlap.ts'
import type { Tx } from '#store/sqlite/tx.ts'

import type { Changes } from './changes.ts'
import { isRevoked } from './client-rows.ts'
import { cancelRequest, STATE_COLUMNS, type StateRow } from './rows.ts'

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
  readonly overlap: Overlap
}

export const RUNNING_TASK_COLUMNS = `id, plugin, action, args_json, kwargs_json, owner, user_id, timeout_ms, on_disconnect,
  retry_max, retry_backoff_ms, retry_on, priority, overlap`

/** What the runs of one transaction share: the rows it may still write, and who is connected at its instant. */
export interface RunWork {
  rowsLeft: number
  everybody?: readonly string[]
  /** What clients are to be told: executions that `overlap: cancel-previous` asks to end. */
  readonly requests: CancelRequest[]
}

export function newRunWork(): RunWork {
  return { rowsLeft: SLICE_ROWS, requests: [] }
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
  const first = isBeingWritten(tx, task.id) ? [] : audience.slice(0, work.rowsLeft)
  const rest = audience.slice(first.length)
  const inserted = tx.run(
    `insert into run (id, task_id, occurrence, due_at, deadline_at, cause_kind, cause_by, cause_of, status, outcome, note,
        plugin, plugin_version, checksum, language, action, args_json, kwargs_json, timeout_ms, on_disconnect,
        retry_max, retry_backoff_ms, retry_on, priority, queues, overlap, slot_kind, audience_size, rows_written,
        audience_left, created_at)
      select ?, ?, ?, ?, ?, ?, ?, ?, 'active', null, ?, p.name, p.version, p.checksum, s.language, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?, ?, ?, 0, ?, ?
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
    run.planned.queues ? 1 : 0,
    task.overlap,
    SLOT_OF_OWNER[task.owner],
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
  writeExecutions(tx, changes, { now, work }, { run: id, values: first })
  return id
}

/** Executions of an earlier run are still to be written: they come first in every slot, so the slices of this one follow. */
export function isBeingWritten(tx: Tx, task: TaskId): boolean {
  // Along those few: by its task, each run that the task ever had would be looked at.
  const unwritten = 'run indexed by run_unwritten where audience_left is not null'
  return tx.get(`select 1 from ${unwritten} and task_id = ? limit 1`, task) !== undefined
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
  readonly queues: 0 | 1
  readonly overlap: Overlap
  readonly slot_kind: SlotKind
  readonly language: string
  readonly timeout_ms: number
  readonly on_disconnect: OnDisconnect
  readonly cancel_requested_at: number | null
}

/** Writes executions of a run for some of its slots; a slot that has its row already is passed over. */
export function writeExecutions(
  tx: Tx,
  changes: Changes,
  { now, work }: { readonly now: EpochMs; readonly work: RunWork },
  { run: runId, values }: { readonly run: RunId; readonly values: readonly string[] },
): void {
  if (values.length === 0) return
  const run = present(
    tx.get<UnwrittenRun>(
      `select id, task_id, due_at, deadline_at, priority, queues, overlap, slot_kind, language, timeout_ms,
        on_disconnect, cancel_requested_at from run where id = ?`,
      runId,
    ),
    'the run',
  )
  const kind = run.slot_kind
  const gone = goneSince(tx, kind, values)
  let written = 0
  for (const value of values) {
    const id = tx.ids.next() as ExecutionId
    const barred = run.cancel_requested_at !== null ? 'cancelled' : gone.get(value)
    const verdict =
      barred === undefined ? settleOverlap(tx, changes, { now, work }, { run, id, slot: { kind, value } }) : BARRED
    const { yieldsTo } = verdict
    const state = barred !== undefined ? 'cancelled' : yieldsTo === undefined ? 'queued' : 'skipped'
    const reason = barred ?? (yieldsTo === undefined ? null : `overlap:${yieldsTo}`)
    const end = state === 'queued' ? run.deadline_at : null
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
      verdict.waits ? 1 : 0,
      run.language,
      // At once, by whatever clock.
      0,
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

/** It disturbs nobody in its slot, and waits for nobody. */
const BARRED: Verdict = { waits: false, replaces: [], cancels: [] }

/** Clients of a frozen audience that were deleted or revoked before their rows were written, and the reason of those rows. */
function goneSince(tx: Tx, kind: SlotKind, values: readonly string[]): ReadonlyMap<string, string> {
  if (kind !== 'client') return new Map()
  const gone = tx.all<{ id: string; deleted: 0 | 1 }>(
    `select c.id, c.deleted_at is not null as deleted from json_each(?) v join client c on c.id = v.value
      where c.deleted_at is not null or c.status = 'revoked'`,
    JSON.stringify(values),
  )
  return new Map(gone.map(({ id, deleted }) => [id, deleted === 1 ? 'client-deleted' : 'client-revoked']))
}

interface Newcomer {
  readonly run: UnwrittenRun
  readonly id: ExecutionId
  readonly slot: Slot
}

interface OpenRow extends StateRow {
  readonly run_queues: 0 | 1
}

/** Judges a newcomer in its slot, and does to the others there what follows from it. */
function settleOverlap(
  tx: Tx,
  changes: Changes,
  { now, work }: { readonly now: EpochMs; readonly work: RunWork },
  { run, id, slot }: Newcomer,
): Verdict {
  if (run.queues === 1 || run.overlap === 'allow') return { waits: run.queues === 1, replaces: [], cancels: [] }
  const open = openInSlot(tx, changes, now, { run, slot })
  const verdict = judgeOverlap(
    { overlap: run.overlap, queues: false },
    open.map(({ run_queues, ...row }) => ({ ...row, queues: run_queues === 1 })),
  )
  for (const row of open) {
    if (verdict.replaces.includes(row.id)) changes.apply(row, { on: 'replaced', reason: `overlap:${id}` })
    if (verdict.cancels.includes(row.id)) cancelForNewer(tx, changes, { now, work }, { row, id })
  }
  return verdict
}

/** As a person's cancel of one execution, by the policy of the task: nothing more of it is handed out or tried again. */
function cancelForNewer(
  tx: Tx,
  changes: Changes,
  { now, work }: { readonly now: EpochMs; readonly work: RunWork },
  { row, id }: { readonly row: StateRow; readonly id: ExecutionId },
): void {
  if (row.cancel_requested_at !== null) return
  const reason = `overlap:${id}`
  tx.run('update execution set cancel_requested_at = ?, cancel_reason = ? where id = ?', now, reason, row.id)
  changes.noteExecution(row)
  if (row.state === 'queued') changes.apply(row, { on: 'cancelled', reason })
  else if (row.state === 'disconnected')
    changes.waitNoLonger({ ...row, cancel_requested_at: now }, isRevoked(tx, row.client_id))
  if (row.state !== 'queued') work.requests.push(cancelRequest(row, 'cancelled'))
}

/** The open executions of a task in a slot, oldest first, after expiry: what is queued past its deadline is expired on the way. */
function openInSlot(
  tx: Tx,
  changes: Changes,
  now: EpochMs,
  { run, slot }: { readonly run: UnwrittenRun; readonly slot: Slot },
): readonly OpenRow[] {
  const open = tx.all<OpenRow>(
    `select ${STATE_COLUMNS}, (select queues from run where run.id = run_id) as run_queues from execution
      where task_id = ? and slot_kind = ? and slot_value = ? and ends_at_latest is not null order by id`,
    run.task_id,
    slot.kind,
    slot.value,
  )
  return open.filter((row) => {
    const expired = row.state === 'queued' && row.deadline_at <= now
    return !(expired && changes.apply(row, { on: 'deadline-passed' }))
  })
}
