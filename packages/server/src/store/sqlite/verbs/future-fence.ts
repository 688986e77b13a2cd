import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { FutureFence } from '#live/stats-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx } from '#store/sqlite/tx.ts'

const KEY = 'futureFence'

/** The highest fence that this store has given. */
function newestFence(tx: Pick<Tx, 'get'>): number {
  return tx.get<{ value: number }>(`select value from counter where name = 'fence'`)?.value ?? 0
}

/** The highest fence that this store knows of, given by itself or shown by a client. */
export function highestFence(tx: Pick<Tx, 'get'>): number {
  return Math.max(newestFence(tx), stored(tx)?.fence ?? 0)
}

/** This store never gave such a fence: an older backup was restored over the store that did. */
export function isFromTheFuture(tx: Tx, fence: number): boolean {
  return fence > newestFence(tx)
}

/** Keeps the highest proved fence from the future, and writes it down once for each client that shows one. */
export function noteFutureFence(
  tx: Tx,
  seen: { readonly now: EpochMs; readonly client: ClientId; readonly fence: number },
): void {
  const { now, client, fence } = seen
  const known = stored(tx)
  if (known && known.fence >= fence) return
  const found: FutureFence = { client, fence, since: known?.since ?? now }
  tx.run(
    'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
    KEY,
    JSON.stringify(found),
  )
  if (known?.client === client) return
  const actor = { kind: 'client', name: client } as const
  writeAudit(tx, { now, actor, action: 'fence.future', subject: client, details: { fence } })
}

/** What a client has proved of this server's future; null once fences are beyond it, as a restore makes them. */
export function futureFence(tx: Tx): FutureFence | null {
  const found = stored(tx)
  return found && isFromTheFuture(tx, found.fence) ? found : null
}

function stored(tx: Pick<Tx, 'get'>): FutureFence | undefined {
  const row = tx.get<{ value: string }>('select value from meta where key = ?', KEY)
  return row && (JSON.parse(row.value) as FutureFence)
}
