import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientId, ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'

import type { Withheld, CancelRequest, ExecutionStore } from '#executions/execution-store.ts'
import type { Actor } from '#store/page.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { Changes, endsWithHold } from './changes.ts'
import { isRevoked } from './client-rows.ts'
import { endAttempt, type EndNeeds } from './end-attempt.ts'
import { endSchedule } from './end-schedule.ts'
import { cancelRequest, STATE_COLUMNS, type StateRow } from './rows.ts'
import { releaseUnproven } from './unproven.ts'
import { cancelWaitingFor } from './waiting-for-client.ts'

/** Executions touched by one cancel: a transaction stays short, the caller goes on. */
const CANCEL_ROWS = 500

export const endingVerbs: VerbsOf<
  Pick<ExecutionStore, 'requestCancel' | 'readHalfCancelled' | 'cancelForRevoked' | 'endOverdue' | 'readNextEnd'>
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
      else if (row.state === 'disconnected')
        changes.waitNoLonger({ ...row, cancel_requested_at: now }, isRevoked(tx, row.client_id))
      if (row.state !== 'queued') requests.push(cancelRequest(row, 'cancelled'))
    }
    return { requests, touched: changes.flush(), more: rows.length > CANCEL_ROWS }
  },

  readHalfCancelled: (tx) =>
    tx
      .all<{ id: RunId }>(
        `select id from run r where status = 'active' and cancel_requested_at is not null and exists (
          select 1 from execution e where e.run_id = r.id and e.ends_at_latest is not null
            and e.cancel_requested_at is null) limit ?`,
        CANCEL_ROWS,
      )
      .map(({ id }) => id),

  // One look into the queue for each client that was ever revoked: asked when the server starts, and after a refusal.
  cancelForRevoked: (tx, { now }) => {
    const changes = new Changes(tx, now)
    const half = tx.get<{ id: ClientId }>(
      `select id from client where status = 'revoked' and exists (
        select 1 from execution where state = 'queued' and slot_kind = 'client' and slot_value = client.id) limit 1`,
    )
    if (half) cancelWaitingFor(tx, changes, half.id, 'client-revoked')
    return { touched: changes.flush(), more: half !== undefined }
  },

  endOverdue: (tx, { now, steady, limit, braked }) => {
    const changes = new Changes(tx, now)
    const queued = tx.all<StateRow>(
      `select ${STATE_COLUMNS} from execution where state = 'queued' and ends_at_latest <= ? order by ends_at_latest limit ?`,
      now,
      limit,
    )
    const others = tx.all<StateRow>(
      `select ${STATE_COLUMNS} from execution where state <> 'queued' and ends_at_latest is not null
        and ends_at_latest <= ? and ${UNBRAKED} order by ends_at_latest limit ?`,
      steady,
      ...unbraked(braked),
      limit,
    )
    const released = braked === 'nothing' ? releaseUnproven(tx, changes, steady, limit) : 0
    const requests: CancelRequest[] = []
    for (const row of queued) changes.apply(row, { on: 'deadline-passed' })
    for (const row of others) {
      if (row.state === 'disconnected') giveUp({ tx, changes, now }, row)
      else if (overrun({ tx, changes, now }, row)) requests.push(cancelRequest(row, 'timed-out'))
    }
    const more = [queued.length, others.length, released].includes(limit)
    return { requests, touched: changes.flush(), more }
  },

  readNextEnd: (tx, { braked }) => {
    const queued = tx.get<{ at: number | null }>(
      `select min(ends_at_latest) as at from execution where state = 'queued'`,
    )
    const others = tx.get<{ at: number | null }>(
      `select min(ends_at_latest) as at from execution
        where ends_at_latest is not null and state <> 'queued' and ${UNBRAKED}`,
      ...unbraked(braked),
    )
    const released = tx.get<{ at: number | null }>(
      `select min(unproven_until) as at from execution
        where unproven_until is not null and ends_at_latest is not null and ? = 0`,
      braked === 'nothing' ? 0 : 1,
    )
    const steady = [others?.at, released?.at].filter((at) => typeof at === 'number')
    return { queued: queued?.at ?? null, others: steady.length === 0 ? null : Math.min(...steady) }
  },
}

type Target = Parameters<ExecutionStore['requestCancel']>[0]['target']

function openExecutionsOf(target: Target): { readonly sql: string; readonly values: readonly string[] } {
  if ('execution' in target) return { sql: 'id = ?', values: [target.execution] }
  if ('run' in target) return { sql: 'run_id = ?', values: [target.run] }
  if ('runs' in target) {
    return { sql: 'run_id in (select value from json_each(?))', values: [JSON.stringify(target.runs)] }
  }
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
  if ('runs' in target) return
  const due = 'task' in target && tx.get('select 1 from task where id = ? and next_run_at is not null', target.task)
  if (due) endSchedule(tx, changes, target.task, 'cancelled')
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
  if (due || marked.length > 0) audit(tx, { now, actor, target }, kind, subject)
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

/** What is out of contact and what is in contact may each be held by the brake; what a person wants cancelled is given up. */
const UNBRAKED = `case when state = 'disconnected' then ? = 0 or cancel_requested_at is not null else ? = 0 end`

function unbraked(braked: Withheld): readonly [outOfContact: number, inContact: number] {
  return [braked === 'nothing' ? 0 : 1, braked === 'handed-out' ? 1 : 0]
}

/** Out of contact beyond the end: what somebody wanted cancelled counts as that, though nobody confirmed it. */
function giveUp(needs: EndNeeds, row: StateRow): void {
  if (row.cancel_requested_at !== null) {
    needs.changes.apply(row, { on: 'cancelled', reason: 'unconfirmed' })
    return
  }
  // The end of hold is proof enough that its client has stopped it; mere time is none.
  const stopped = endsWithHold(row)
  const event = { on: 'given-up', reason: stopped ? 'hold-ended' : 'out-of-contact' } as const
  endAttempt(needs, row, { event, proved: stopped })
}

/** Its client did not end it in time, and is told to; nobody has seen its process end. */
function overrun(needs: EndNeeds, row: StateRow): boolean {
  return endAttempt(needs, row, { event: { on: 'overran' }, proved: false }) !== 'nothing'
}
