import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import { type Notice, vanishedNotices, VANISHED_MS, VANISHED_NAMED_MAX } from '#notifications/notice.ts'
import type { Tx } from '#store/sqlite/tx.ts'

/** Notes removed in one transaction. */
const SLICE_ROWS = 2_000

const TOLD_UNTIL = 'vanished_told_until'

/** The client is back before anybody was told, or is deleted: then there is nothing to tell. */
export function forgetVanished(tx: Tx, client: ClientId): void {
  tx.run(`delete from notice where subject = ? and event = 'client-vanished'`, client)
}

/**
 * What is to be told now of clients that vanished, however many: a power cut in an office must not stand before
 * everything else. Only an instant is written; the notes up to it go later, in slices.
 */
export function takeVanished(tx: Tx, now: EpochMs): readonly Notice[] {
  const range = [toldUntil(tx, now), now - VANISHED_MS] as const
  const named = tx.all<{ id: ClientId; name: string; first_at: number; last_at: number }>(
    `select c.id, c.name, n.first_at, n.last_at ${UNTOLD} order by n.first_at limit ?`,
    ...range,
    VANISHED_NAMED_MAX + 1,
  )
  if (named.length === 0) return []
  const all = tx.get<{ count: number; first_at: number; last_at: number }>(
    `select count(*) as count, min(n.first_at) as first_at, max(n.last_at) as last_at ${UNTOLD}`,
    ...range,
  )
  tx.run(
    'insert into counter (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
    TOLD_UNTIL,
    range[1],
  )
  return vanishedNotices(
    named.map(({ id, name, first_at, last_at }) => ({ client: { id, name }, firstAt: first_at, lastAt: last_at })),
    { count: all?.count ?? 0, firstAt: all?.first_at ?? now, lastAt: all?.last_at ?? now },
  )
}

/** Removes some of the notes that were told. */
export function sweepVanished(tx: Tx, now: EpochMs): void {
  tx.run(
    `delete from notice where (subject, event) in (
        select subject, event from notice
          where event = 'client-vanished' and count > told and first_at <= ? limit ?)`,
    toldUntil(tx, now),
    SLICE_ROWS,
  )
}

/** The clock was set back: removes the notes from after now that were told, and has what is new told again. */
export function forgetToldAhead(tx: Tx, now: EpochMs): void {
  tx.run(
    `delete from notice where event = 'client-vanished' and count > told and first_at > ?
      and first_at <= (select value from counter where name = ?)`,
    now,
    TOLD_UNTIL,
  )
  tx.run('update counter set value = min(value, ?) where name = ?', now - VANISHED_MS, TOLD_UNTIL)
}

/** A clock that was set back by more than the wait would else have new notes taken for told ones. */
function toldUntil(tx: Tx, now: EpochMs): EpochMs {
  const value = tx.get<{ value: number }>('select value from counter where name = ?', TOLD_UNTIL)?.value ?? 0
  return Math.min(value, now - VANISHED_MS)
}

const UNTOLD = `from notice n join client c on c.id = n.client_id
  where n.event = 'client-vanished' and n.count > n.told and n.first_at > ? and n.first_at <= ? and c.deleted_at is null`
