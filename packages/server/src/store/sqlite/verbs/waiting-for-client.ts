import type { ClientId } from '@octopus/protocol/ids.ts'

import type { Tx } from '#store/sqlite/tx.ts'

import type { Changes } from './changes.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'

/** Executions cancelled in one transaction: keeps it below about 20 ms. */
const SLICE_ROWS = 500

/** Cancels what waits for this client alone, for nobody else could do it. True: there is more, for another transaction. */
export function cancelWaitingFor(
  tx: Tx,
  changes: Changes,
  client: ClientId,
  reason: 'client-deleted' | 'client-revoked',
): boolean {
  const waiting = tx.all<StateRow>(
    `select ${STATE_COLUMNS} from execution where state = 'queued' and slot_kind = 'client' and slot_value = ? limit ?`,
    client,
    SLICE_ROWS,
  )
  for (const row of waiting) changes.apply(row, { on: 'cancelled', reason })
  return waiting.length === SLICE_ROWS
}
