import type { ClientId } from '@octopus/protocol/ids.ts'
import type { Rejection } from '@octopus/protocol/work.ts'

import type { LastingRejection } from '#executions/execution-store.ts'
import type { Tx } from '#store/sqlite/tx.ts'
import type { HandedBack } from '#why/why-store.ts'

import type { Changes } from './changes.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'

/** A client will not do it, now or later: it is not asked again in this session of it. */
export function noteRejection(
  tx: Tx,
  row: StateRow,
  by: { readonly client: ClientId; readonly reason: Rejection },
): void {
  tx.run(
    `update execution set rejected_by = json_insert(coalesce(rejected_by, '[]'), '$[#]', json(?)) where id = ?`,
    JSON.stringify({ ...by, ...handOverOf(row) }),
    row.id,
  )
}

/** Which hand-over was handed back: the row itself forgets it, and people ask. */
export function handOverOf({ attempt, fence, assigned_at: assignedAt }: StateRow): HandOverKey {
  return { attempt, fence, assignedAt }
}

type HandOverKey = Pick<HandedBack, 'attempt' | 'fence' | 'assignedAt'>

/** The client has come anew, perhaps with what it lacked: what it rejected may be offered to it again, also should it come back from who has it now. */
export function forgetRejections(tx: Tx, changes: Changes, client: ClientId): void {
  const rows = tx.all<StateRow & { readonly rejected_by: string }>(
    `select ${STATE_COLUMNS}, rejected_by from execution where rejected_by is not null and ends_at_latest is not null
      and exists (select 1 from json_each(rejected_by) r where r.value ->> 'client' = ?)`,
    client,
  )
  for (const row of rows) {
    const others = (JSON.parse(row.rejected_by) as Noted[]).filter((noted) => noted.client !== client)
    tx.run(
      'update execution set rejected_by = ? where id = ?',
      others.length > 0 ? JSON.stringify(others) : null,
      row.id,
    )
    changes.noteExecution(row)
    if (row.state === 'queued') changes.noteQueued({ kind: row.slot_kind, value: row.slot_value })
  }
}

interface Noted {
  readonly client: ClientId
  readonly reason: Rejection
}

/** The clients that an execution must not be offered to. */
export function rejecters(rejectedBy: string | null): readonly ClientId[] {
  return rejectedBy === null ? [] : (JSON.parse(rejectedBy) as Noted[]).map(({ client }) => client)
}

/** Who has rejected it, with their names, for people. */
export function namedRejections(tx: Tx, rejectedBy: string | null): readonly LastingRejection[] {
  if (rejectedBy === null) return []
  return tx.all<LastingRejection>(
    `select r.value ->> 'client' as client, coalesce(c.name, r.value ->> 'client') as name, r.value ->> 'reason' as reason
      from json_each(?) r left join client c on c.id = r.value ->> 'client'`,
    rejectedBy,
  )
}
