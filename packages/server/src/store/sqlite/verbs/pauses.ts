import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import { type ExecutionStore, REJECTION_PAUSE_MS } from '#executions/execution-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import type { StateRow } from './rows.ts'

export const pauseVerbs: VerbsOf<Pick<ExecutionStore, 'shortenPauses'>> = {
  // Walks through what is queued: clocks are set seldom.
  shortenPauses: (tx, { now }) => {
    tx.run(
      `update execution set avoid_until = min(avoid_until, ?1), not_before = min(not_before,
          case when not_before = avoid_until then ?1
            else ?2 + (select retry_backoff_ms from run where run.id = run_id) end)
        where state = 'queued' and (not_before > ?2 or avoid_until > ?2)`,
      now + REJECTION_PAUSE_MS,
      now,
    )
  },
}

/** Back in the queue, but not for this client until then; where nobody else may take it, for nobody. */
export function avoid(tx: Tx, row: StateRow, client: ClientId, until: EpochMs): void {
  const onlyTaker = row.slot_kind !== 'any'
  tx.run(
    'update execution set avoid_client = ?, avoid_until = ?, not_before = ? where id = ?',
    client,
    until,
    onlyTaker ? until : 0,
    row.id,
  )
}
