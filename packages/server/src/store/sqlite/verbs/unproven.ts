import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientId, ExecutionId } from '@octopus/protocol/ids.ts'

import type { Tx } from '#store/sqlite/tx.ts'

import type { Changes } from './changes.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'

// An attempt that the server ended alone may still have a process. Until somebody knows that it is gone, only the same
// client may take the next attempt: it ends the older one first.

/** The client has said that the process tree of this attempt is gone: anybody may take the next one. */
export function processGone(
  tx: Tx,
  changes: Changes,
  row: StateRow,
  of: { readonly client: ClientId; readonly fence: number },
): void {
  if (row.unproven_client !== of.client || row.unproven_fence !== of.fence) return
  clear(tx, changes, row)
}

/** What the client's inventory does not list as alive is gone: a client ends what its predecessor left behind. */
export function settleUnproven(
  tx: Tx,
  changes: Changes,
  client: ClientId,
  alive: readonly { readonly execution: ExecutionId; readonly fence: number }[],
): void {
  const rows = tx.all<StateRow>(
    `select ${STATE_COLUMNS} from execution where unproven_client = ? and ends_at_latest is not null`,
    client,
  )
  if (rows.length === 0) return
  const fences = new Set(alive.map(({ execution, fence }) => `${execution} ${fence}`))
  for (const row of rows) if (!fences.has(`${row.id} ${row.unproven_fence}`)) clear(tx, changes, row)
  // It is back: what it still ends is waited for, however long its hold would have lasted.
  tx.run('update execution set unproven_until = null where unproven_client = ? and ends_at_latest is not null', client)
}

/**
 * The client is out of contact: of what is for anyone and stops, the end of hold is proof enough, also of an attempt whose
 * next one was just on its way to it. Of several holds the last one counts.
 */
export function unprovenUntil(tx: Tx, client: ClientId, holdEndsAt: EpochMs): boolean {
  const moved = tx.run(
    `update execution set unproven_until = max(coalesce(unproven_until, 0), ?) where unproven_client = ? and ends_at_latest is not null
      and slot_kind = 'any' and on_disconnect = 'stop'`,
    holdEndsAt,
    client,
  )
  return moved > 0
}

/** The hold of the older attempt's client has ended: anybody may take the next one. */
export function releaseUnproven(tx: Tx, changes: Changes, steady: EpochMs, limit: number): number {
  const rows = tx.all<StateRow>(
    `select ${STATE_COLUMNS} from execution where unproven_until <= ? and ends_at_latest is not null limit ?`,
    steady,
    limit,
  )
  for (const row of rows) clear(tx, changes, row)
  return rows.length
}

function clear(tx: Tx, changes: Changes, row: StateRow): void {
  tx.run(
    'update execution set unproven_client = null, unproven_fence = null, unproven_until = null where id = ?',
    row.id,
  )
  changes.noteExecution(row)
  if (row.state === 'queued') changes.noteQueued({ kind: row.slot_kind, value: row.slot_value })
}
