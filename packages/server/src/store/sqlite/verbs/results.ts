import { must, present, unreachable } from '@octopus/kit/assert.ts'
import type { EpochMs } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { ExecutionStore, ReportedResult, ResultOutcome } from '#executions/execution-store.ts'
import { resultDigest } from '#results/digest.ts'
import { type Addressee, judge } from '#results/result.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { wasApplied } from './attempt-rows.ts'
import { Changes } from './changes.ts'
import { endAttempt, type EndNeeds } from './end-attempt.ts'
import { isFromTheFuture, noteFutureFence } from './future-fence.ts'
import { believable } from './hand-over.ts'
import { mayBeForgotten } from './kept-from.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'
import { processGone } from './unproven.ts'

export const resultVerbs: VerbsOf<Pick<ExecutionStore, 'storeResults'>> = {
  storeResults: (tx, { now, client, journalId, journalSeq, results }) => {
    const changes = new Changes(tx, now)
    const outcomes = results.map((result) => storeOne(tx, changes, now, client, result))
    tx.run(
      'update client set journal_seq = ? where id = ? and journal_id = ? and journal_seq < ?',
      journalSeq,
      client,
      journalId,
      journalSeq,
    )
    return { outcomes, touched: changes.flush() }
  },
}

function storeOne(tx: Tx, changes: Changes, now: EpochMs, client: ClientId, result: ReportedResult): ResultOutcome {
  const { execution, attempt, fence, proved } = result
  const key: AttemptKey = { execution, attempt, fence }
  const row = tx.get<StateRow>(`select ${STATE_COLUMNS} from execution where id = ?`, execution)
  const fromTheFuture = proved && isFromTheFuture(tx, fence)
  const judged = judge({ attempt, fence, client, proved, fromTheFuture }, row && addresseeOf(tx, row, fence))
  switch (judged.judgement) {
    case 'refuse':
      return { key, disposition: 'refused', code: judged.code }
    case 'unanswered':
      if (fromTheFuture) noteFutureFence(tx, { now, client, fence })
      // So old that its execution may have been deleted: nobody will ever ask for it again.
      else if (mayBeForgotten(tx, execution)) return { key, disposition: 'refused', code: 'forgotten' }
      return { key, disposition: 'unanswered', code: judged.code }
    case 'duplicate':
      return { key, disposition: 'duplicate', code: 'applied' }
    case 'apply':
      applyResult({ tx, changes, now }, present(row, 'the execution'), result)
      return { key, disposition: 'applied', code: 'applied' }
    case 'late': {
      const stored = writeLate(tx, now, client, result)
      if (stored && row) changes.noteExecution(row)
      if (row) processGone(tx, changes, row, { client, fence })
      return { key, disposition: stored ? 'late' : 'duplicate', code: 'late' }
    }
    default:
      return unreachable(judged)
  }
}

function addresseeOf(tx: Tx, row: StateRow, fence: number): Addressee {
  const applied = row.result_fence === fence || (row.attempt > 1 && wasApplied(tx, row.id, fence))
  return { state: row.state, attempt: row.attempt, fence: row.fence, client: row.client_id, applied }
}

function applyResult(needs: EndNeeds, row: StateRow, result: ReportedResult): void {
  const { tx, now } = needs
  const startedAt = result.startedAt === null ? row.started_at : believable(row, result.startedAt, now)
  const endedAt = Math.max(believable(row, result.endedAt, now), startedAt ?? 0)
  const event = { on: 'ended', end: result.end, reason: result.reason } as const
  const facts = { startedAt, endedAt, digest: resultDigest(result) }
  const became = endAttempt(needs, row, { event, proved: true, facts, result })
  must(became !== 'nothing', `a result was judged to apply to an execution that is ${row.state}`)
  if (became === 'ended') writeResult(tx, result)
}

function writeResult(tx: Tx, result: ReportedResult): void {
  tx.run(
    `update execution set result_fence = ?, value_json = ?, value_kind = ?, error_json = ?, output_bytes = ?,
      output_cut = ?, value_cut = ? where id = ?`,
    result.fence,
    result.valueJson,
    result.valueKind,
    result.error === null ? null : JSON.stringify(result.error),
    result.outputBytes,
    result.outputCut ? 1 : 0,
    result.valueCut ? 1 : 0,
    result.execution,
  )
}

/** Kept once, beside; it changes nothing. False: it is kept already. */
function writeLate(tx: Tx, now: EpochMs, client: ClientId, result: ReportedResult): boolean {
  const written = tx.run(
    `insert into late_result (execution_id, fence, attempt, client_id, ending, reason, value_json, value_kind,
        error_json, output_bytes, output_cut, value_cut, received_at)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (execution_id, fence) do nothing`,
    result.execution,
    result.fence,
    result.attempt,
    client,
    result.end,
    result.reason,
    result.valueJson,
    result.valueKind,
    result.error === null ? null : JSON.stringify(result.error),
    result.outputBytes,
    result.outputCut ? 1 : 0,
    result.valueCut ? 1 : 0,
    now,
  )
  return written > 0
}
