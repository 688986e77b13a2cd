import type { ClientId, ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { Counts } from '@octopus/protocol/rest/tasks.ts'
import type { ExecutionStateName, FinalState, OnDisconnect, RetryEnd, SlotKind } from '@octopus/protocol/work.ts'

import type { CancelRequest } from '#executions/execution-store.ts'
import { type ExecutionState, isFinal } from '#executions/execution.ts'
import type { RetryPolicy } from '#executions/retry.ts'

/** The plugin version of a run that tries out a source which is none of the plugin's versions; those begin at 1. */
export const NO_VERSION = 0

/** What a change of state needs to know of an execution. */
export interface StateRow {
  readonly id: ExecutionId
  readonly run_id: RunId
  readonly task_id: TaskId
  readonly slot_kind: SlotKind
  readonly slot_value: string
  readonly state: ExecutionStateName
  readonly reason: string | null
  readonly client_id: ClientId | null
  readonly attempt: number
  readonly fence: number | null
  readonly timeout_ms: number
  readonly on_disconnect: OnDisconnect
  readonly deadline_at: number
  readonly assigned_at: number | null
  readonly started_at: number | null
  /** When the server heard of the start, as a steady time. */
  readonly started_steady: number | null
  readonly disconnected_at: number | null
  readonly ends_at_latest: number | null
  readonly cancel_requested_at: number | null
  readonly result_fence: number | null
  /** The client of an earlier attempt whose process nobody has seen end, and that attempt's fence. */
  readonly unproven_client: ClientId | null
  readonly unproven_fence: number | null
  readonly hold_ends_at: number | null
  /** Until when its client, back after the attempt's time, may say how it ended; null: it was not given that yet. */
  readonly grace_ends_at: number | null
}

export const STATE_COLUMNS = `id, run_id, task_id, slot_kind, slot_value, state, reason, client_id, attempt, fence,
  timeout_ms, on_disconnect, deadline_at, assigned_at, started_at, started_steady, disconnected_at, ends_at_latest,
  cancel_requested_at, result_fence, unproven_client, unproven_fence, hold_ends_at, grace_ends_at`

/** The columns of a state as the state machine knows them. */
export function stateOf(row: StateRow): ExecutionState {
  if (row.state === 'queued') return { state: 'queued' }
  if (isFinal(row.state)) return { state: row.state satisfies FinalState, reason: row.reason ?? '' }
  return { state: row.state, client: row.client_id as ClientId, fence: row.fence as number }
}

/** What a client that holds an execution is to be told. */
export function cancelRequest(row: StateRow, reason: CancelRequest['reason']): CancelRequest {
  if (row.client_id === null || row.fence === null) throw new TypeError(`execution ${row.id} is handed out to nobody`)
  return { client: row.client_id, key: { execution: row.id, attempt: row.attempt, fence: row.fence }, reason }
}

/** The columns of a retry policy, as they stand in `task` and in `run`. */
export interface RetryRow {
  readonly retry_max: number
  readonly retry_backoff_ms: number
  readonly retry_on: string
}

export function retryOf(row: RetryRow): RetryPolicy {
  const on = JSON.parse(row.retry_on) as readonly RetryEnd[]
  return { maxAttempts: row.retry_max, backoffMs: row.retry_backoff_ms, on }
}

/** Count columns, as they stand in `run` and in `task`. */
export interface CountRow {
  readonly total: number
  readonly queued: number
  readonly assigned: number
  readonly running: number
  readonly disconnected: number
  readonly succeeded: number
  readonly failed: number
  readonly timed_out: number
  readonly cancelled: number
  readonly expired: number
  readonly lost: number
  readonly skipped: number
}

export const COUNT_COLUMNS = [
  'total',
  'queued',
  'assigned',
  'running',
  'disconnected',
  'succeeded',
  'failed',
  'timed_out',
  'cancelled',
  'expired',
  'lost',
  'skipped',
] as const

export function countsOf(row: CountRow): Counts {
  const { timed_out, ...rest } = pickCounts(row)
  return { ...rest, 'timed-out': timed_out }
}

function pickCounts(row: CountRow): CountRow {
  return Object.fromEntries(COUNT_COLUMNS.map((column) => [column, row[column]])) as unknown as CountRow
}
