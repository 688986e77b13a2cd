import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import type { Rejection } from '@octopus/protocol/work.ts'

import {
  type AvoidedClient,
  type ExecutionDetail,
  type ExecutionStore,
  REJECTION_PAUSE_MS,
} from '#executions/execution-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { handOverOf } from './rejections.ts'
import type { StateRow } from './rows.ts'

/**
 * So many clients that reject an execution within a pause are enough: then nobody is asked until the pause is over. So
 * many are remembered, too: those whose pause is over only tell people what became of their hand-overs, and go first.
 */
const AVOIDED_MAX = 64

export const pauseVerbs: VerbsOf<Pick<ExecutionStore, 'shortenPauses'>> = {
  // Walks through what is queued: clocks are set seldom.
  shortenPauses: (tx, { now }) => {
    tx.run(
      `update execution set
        avoided_by = case when avoided_by is not null then (
          select json_group_array(json_set(a.value, '$.until', min(a.value ->> 'until', ?1)))
            from json_each(avoided_by) a) end,
        not_before = min(not_before,
          case when not_before = (select max(a.value ->> 'until') from json_each(avoided_by) a) then ?1
            else ?2 + (select retry_backoff_ms from run where run.id = run_id) end)
        where state = 'queued' and (not_before > ?2 or avoided_by is not null)`,
      now + REJECTION_PAUSE_MS,
      now,
    )
  },
}

/** Back in the queue, but not for this client for a while; where nobody else may take it, for nobody. */
export function avoid(
  tx: Tx,
  row: StateRow,
  { client, reason }: { readonly client: ClientId; readonly reason: Rejection },
  now: EpochMs,
): void {
  const until = now + REJECTION_PAUSE_MS
  const before = tx.get<{ avoided_by: string | null }>('select avoided_by from execution where id = ?', row.id)
  const others = avoided(before?.avoided_by ?? null).filter((other) => other.client !== client)
  const all = [...others, { client, until, reason, ...handOverOf(row) }].slice(-AVOIDED_MAX)
  const forNobody = row.slot_kind !== 'any' || all.filter((one) => one.until > now).length === AVOIDED_MAX
  tx.run(
    'update execution set avoided_by = ?, not_before = ? where id = ?',
    JSON.stringify(all),
    forNobody ? until : 0,
    row.id,
  )
}

/** The clients that it is not offered to, each until a time. */
export function avoided(avoidedBy: string | null): readonly AvoidedClient[] {
  return avoidedBy === null ? [] : (JSON.parse(avoidedBy) as AvoidedClient[])
}

/** As `avoided`, with their names, for people. */
export function namedAvoided(tx: Tx, avoidedBy: string | null): ExecutionDetail['avoided'] {
  return avoided(avoidedBy).map((one) => {
    const client = tx.get<{ name: string }>('select name from client where id = ?', one.client)
    return { ...one, name: client?.name ?? one.client }
  })
}
