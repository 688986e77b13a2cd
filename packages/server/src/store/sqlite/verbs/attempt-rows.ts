import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ExecutionId, RunId } from '@octopus/protocol/ids.ts'
import type { RetryEnd } from '@octopus/protocol/work.ts'

import type { ReportedResult } from '#executions/execution-store.ts'
import { NO_RETRY, type RetryPolicy } from '#executions/retry.ts'
import type { Tx } from '#store/sqlite/tx.ts'

import { retryOf, type RetryRow, type StateRow } from './rows.ts'

/** What the run wants of retry. */
export function policyOf(tx: Tx, run: RunId): RetryPolicy {
  const row = tx.get<RetryRow>(
    'select retry_max, retry_backoff_ms, retry_on from run where id = ? and cancel_requested_at is null',
    run,
  )
  return row ? retryOf(row) : NO_RETRY
}

/** An attempt that another one follows. */
export interface KeptAttempt {
  readonly end: RetryEnd
  readonly reason: string
  /** Somebody has seen its process end. */
  readonly proved: boolean
  readonly startedAt: EpochMs | null
  readonly endedAt: EpochMs
  readonly result: ReportedResult | null
  /** Of the result. */
  readonly digest: string | null
}

/** Keeps the attempt that the row speaks of, before the row becomes that of the next one. */
export function keepAttempt(tx: Tx, row: StateRow, kept: KeptAttempt): void {
  const { result } = kept
  tx.run(
    `insert into attempt (execution_id, attempt, fence, client_id, ending, reason, proved, assigned_at, started_at,
        ended_at, result_fence, value_json, value_kind, error_json, output_bytes, output_cut, value_cut, digest)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row.id,
    row.attempt,
    row.fence,
    row.client_id,
    kept.end,
    kept.reason,
    kept.proved ? 1 : 0,
    row.assigned_at,
    kept.startedAt,
    kept.endedAt,
    result?.fence ?? null,
    result?.valueJson ?? null,
    result?.valueKind ?? null,
    result?.error ? JSON.stringify(result.error) : null,
    result?.outputBytes ?? null,
    result === null ? null : result.outputCut ? 1 : 0,
    result === null ? null : result.valueCut ? 1 : 0,
    kept.digest,
  )
}

/** How the attempt before the one that is queued ended; undefined if this is the first one. */
export function earlierEnd(tx: Tx, row: StateRow): { readonly end: RetryEnd; readonly reason: string } | undefined {
  if (row.attempt === 1) return undefined
  return tx.get<{ end: RetryEnd; reason: string }>(
    'select ending as end, reason from attempt where execution_id = ? and attempt = ?',
    row.id,
    row.attempt - 1,
  )
}

/** No further attempt came to be: the one before is the last, and stands in the execution's row again. */
export function restoreEarlier(tx: Tx, row: StateRow): void {
  tx.run(
    `update execution set (attempt, client_id, fence, assigned_at, started_at, ended_at, result_fence, value_json,
        value_kind, error_json, output_bytes, output_cut, value_cut, digest) =
        (select attempt, client_id, fence, assigned_at, started_at, ended_at, result_fence, value_json, value_kind,
          error_json, output_bytes, output_cut, value_cut, coalesce(attempt.digest, execution.digest) from attempt where execution_id = ? and attempt = ?)
      where id = ?`,
    row.id,
    row.attempt - 1,
    row.id,
  )
  tx.run('delete from attempt where execution_id = ? and attempt = ?', row.id, row.attempt - 1)
}

/** The result that came with this fence was applied to an earlier attempt. */
export function wasApplied(tx: Tx, execution: ExecutionId, fence: number): boolean {
  return tx.get('select 1 from attempt where execution_id = ? and result_fence = ?', execution, fence) !== undefined
}
