import type { EpochMs } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { Tx } from '#store/sqlite/tx.ts'

import { mayBeForgotten } from './kept-from.ts'

/** It was at this client with an older fence: a hand-over that is over, or was taken back. */
const ONCE_THEIRS = `select 1 from execution e where e.id = ?1 and (e.fence is null or e.fence > ?3)
  and (e.client_id = ?2 or instr(e.avoided_by, ?2) > 0 or (e.slot_kind = 'client' and e.slot_value = ?2)
    or instr(e.rejected_by, ?2) > 0
    or exists (select 1 from attempt a where a.execution_id = e.id and a.client_id = ?2))`

/**
 * The client speaks of an attempt that it cannot know: of an execution that never was there, or of another hand-over
 * of it than there was. False for what is over, was taken back, or is so old that it may have been deleted: news of that
 * may honestly be late.
 */
export function neverTheirs(tx: Tx, client: ClientId, { execution, fence }: AttemptKey): boolean {
  if (mayBeForgotten(tx, execution)) return false
  return tx.get(ONCE_THEIRS, execution, client, fence) === undefined
}

const REJECTED_ALREADY = `select 1 from execution e where e.id = ?1 and e.state = 'queued' and (
  exists (select 1 from json_each(e.avoided_by) a where a.value ->> 'client' = ?2 and a.value ->> 'until' > ?3)
  or exists (select 1 from json_each(e.rejected_by) r where r.value ->> 'client' = ?2))`

/** The client has rejected it, and was not given it since: it says so twice, which costs as much as once. */
export function rejectedAlready(tx: Tx, client: ClientId, { execution }: AttemptKey, now: EpochMs): boolean {
  return tx.get(REJECTED_ALREADY, execution, client, now) !== undefined
}
