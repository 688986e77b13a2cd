import type { EpochMs } from '@octopus/kit/clock.ts'

import type { ReportedResult } from '#executions/execution-store.ts'
import { type ExecutionEvent, isFinal, next } from '#executions/execution.ts'
import { isRetryEnd, nextAttempt } from '#executions/retry.ts'
import type { Tx } from '#store/sqlite/tx.ts'

import { keepAttempt, policyOf } from './attempt-rows.ts'
import type { Changes, EventFacts } from './changes.ts'
import { isOfRevoked } from './client-rows.ts'
import { stateOf, type StateRow } from './rows.ts'

/** How an attempt came to its end. */
export interface Ending {
  readonly event: Extract<ExecutionEvent, { on: 'ended' | 'overran' | 'given-up' }>
  /** Its process is gone, as far as anybody can know: its client says so, or its hold has ended. */
  readonly proved: boolean
  readonly facts?: EventFacts
  readonly result?: ReportedResult
}

export interface EndNeeds {
  readonly tx: Tx
  readonly changes: Changes
  readonly now: EpochMs
}

/**
 * Ends an attempt: either another one follows, and the execution is queued again, or the execution ends by it. Only
 * the last attempt's result stands in the execution's row; the others are kept beside.
 */
export function endAttempt(needs: EndNeeds, row: StateRow, ending: Ending): 'queued-again' | 'ended' | 'nothing' {
  const { tx, changes, now } = needs
  const { event, proved, facts = {}, result } = ending
  const to = next(stateOf(row), event)
  if (to && isFinal(to.state) && isRetryEnd(to.state) && 'reason' in to) {
    const { state: end, reason } = to
    const notBefore = nextAttempt(
      policyOf(tx, row.run_id),
      {
        end,
        reason,
        attempt: row.attempt,
        slotKind: row.slot_kind,
        cancelRequested: row.cancel_requested_at !== null || isOfRevoked(tx, row),
        deadlineAt: row.deadline_at,
      },
      now,
    )
    if (notBefore !== undefined) {
      const startedAt = facts.startedAt ?? row.started_at
      const endedAt = facts.endedAt ?? now
      keepAttempt(tx, row, {
        end,
        reason,
        proved,
        startedAt,
        endedAt,
        result: result ?? null,
        digest: facts.digest ?? null,
      })
      changes.apply(row, { on: 'tried-again' }, { again: { notBefore, proved } })
      return 'queued-again'
    }
  }
  return changes.apply(row, event, facts) ? 'ended' : 'nothing'
}
