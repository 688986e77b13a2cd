import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'

import type { CancelRequest, ExecutionStore } from '#executions/execution-store.ts'
import type { Actor } from '#store/page.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { Changes } from './changes.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'
import { endSchedule } from './tasks.ts'

/** Executions touched by one cancel: a transaction stays short, the caller goes on. */
const CANCEL_ROWS = 500

export const endingVerbs: VerbsOf<
  Pick<ExecutionStore, 'requestCancel' | 'endOverdue' | 'readNextEnd' | 'readCancelRequests'>
> = {
  requestCancel: (tx, { now, actor, target }) => {
    const changes = new Changes(tx, now)
    stopSource(tx, changes, { now, actor, target })
    const { sql, values } = openExecutionsOf(target)
    const rows = tx.all<StateRow>(
      `select ${STATE_COLUMNS} from execution where ${sql} and ends_at_latest is not null
        and cancel_requested_at is null limit ?`,
      ...values,
      CANCEL_ROWS + 1,
    )
    const requests: CancelRequest[] = []
    for (const row of rows.slice(0, CANCEL_ROWS)) {
      tx.run('update execution set cancel_requested_at = ? where id = ?', now, row.id)
      changes.noteExecution(row)
      if (row.state === 'queued') changes.apply(row, { on: 'cancelled', reason: 'cancelled' })
      else requests.push(cancelRequest(row, 'cancelled'))
    }
    return { requests, touched: changes.flush(), more: rows.length > CANCEL_ROWS }
  },

  endOverdue: (tx, { now, steady, limit }) => {
    const changes = new Changes(tx, now)
    const queued = tx.all<StateRow>(
      `select ${STATE_COLUMNS} from execution where state = 'queued' and ends_at_latest <= ? order by ends_at_latest limit ?`,
      now,
      limit,
    )
    const others = tx.all<StateRow>(
      `select ${STATE_COLUMNS} from execution where state <> 'queued' and ends_at_latest is not null
        and ends_at_latest <= ? order by ends_at_latest limit ?`,
      steady,
      limit,
    )
    const requests: CancelRequest[] = []
    for (const row of queued) changes.apply(row, { on: 'deadline-passed' })
    for (const row of others) {
      if (row.state === 'disconnected') giveUp(changes, row)
      else if (changes.apply(row, { on: 'overran' })) requests.push(cancelRequest(row, 'timed-out'))
    }
    return { requests, touched: changes.flush(), more: queued.length === limit || others.length === limit }
  },

  readNextEnd: (tx) => {
    const queued = tx.get<{ at: number | null }>(
      `select min(ends_at_latest) as at from execution where state = 'queued'`,
    )
    const others = tx.get<{ at: number | null }>(
      `select min(ends_at_latest) as at from execution where ends_at_latest is not null and state <> 'queued'`,
    )
    return { queued: queued?.at ?? null, others: others?.at ?? null }
  },

  readCancelRequests: (tx, { client }) =>
    tx
      .all<StateRow>(
        `select ${STATE_COLUMNS} from execution
          where client_id = ? and state in ('assigned', 'running', 'disconnected') and cancel_requested_at is not null`,
        client,
      )
      .map((row) => cancelRequest(row, 'cancelled')),
}

type Target = Parameters<ExecutionStore['requestCancel']>[0]['target']

function openExecutionsOf(target: Target): { readonly sql: string; readonly values: readonly string[] } {
  if ('execution' in target) return { sql: 'id = ?', values: [target.execution] }
  if ('run' in target) return { sql: 'run_id = ?', values: [target.run] }
  if ('task' in target) return { sql: 'task_id = ?', values: [target.task] }
  return { sql: '1', values: [] }
}

interface CancelInput {
  readonly now: EpochMs
  readonly actor: Actor
  readonly target: Target
}

/** Runs are marked, so that slices still to be written are written as cancelled; a task gets no further occurrence. */
function stopSource(tx: Tx, changes: Changes, { now, actor, target }: CancelInput): void {
  if ('execution' in target) {
    if (!alreadyAsked(tx, target.execution)) audit(tx, { now, actor, target }, 'execution.cancel', target.execution)
    return
  }
  if ('task' in target) {
    const due = tx.get('select 1 from task where id = ? and next_run_at is not null', target.task)
    if (due) endSchedule(tx, changes, target.task)
  }
  const { sql, values } = 'run' in target ? { sql: 'id = ?', values: [target.run] } : activeRunsOf(target)
  const marked = tx.all<{ id: RunId; task_id: TaskId }>(
    `update run set cancel_requested_at = ? where ${sql} and status = 'active' and cancel_requested_at is null
      returning id, task_id`,
    now,
    ...values,
  )
  for (const run of marked) changes.noteRun(run.id, run.task_id)
  const subject = 'run' in target ? target.run : 'task' in target ? target.task : 'everything'
  const kind = 'run' in target ? 'run.cancel' : 'task' in target ? 'task.cancel' : 'work.cancel'
  if (marked.length > 0) audit(tx, { now, actor, target }, kind, subject)
}

function activeRunsOf(target: { readonly task: TaskId } | { readonly everything: true }): {
  readonly sql: string
  readonly values: readonly string[]
} {
  return 'task' in target ? { sql: 'task_id = ?', values: [target.task] } : { sql: '1', values: [] }
}

function alreadyAsked(tx: Tx, id: ExecutionId): boolean {
  return (
    tx.get(
      'select 1 from execution where id = ? and ends_at_latest is not null and cancel_requested_at is null',
      id,
    ) === undefined
  )
}

function audit(tx: Tx, input: CancelInput, action: string, subject: string): void {
  writeAudit(tx, { now: input.now, actor: input.actor, action, subject })
}

/** Out of contact beyond the end: what somebody wanted cancelled counts as that, though nobody confirmed it. */
function giveUp(changes: Changes, row: StateRow): void {
  if (row.cancel_requested_at !== null) changes.apply(row, { on: 'cancelled', reason: 'unconfirmed' })
  else changes.apply(row, { on: 'given-up', reason: row.on_disconnect === 'stop' ? 'hold-ended' : 'out-of-contact' })
}

function cancelRequest(row: StateRow, reason: CancelRequest['reason']): CancelRequest {
  if (row.client_id === null || row.fence === null) throw new TypeError(`execution ${row.id} is handed out to nobody`)
  return { client: row.client_id, key: { execution: row.id, attempt: row.attempt, fence: row.fence }, reason }
}
