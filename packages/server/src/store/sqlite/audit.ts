import type { EpochMs } from '@octopus/kit/clock.ts'

import type { Actor } from '#store/page.ts'

import type { Tx } from './tx.ts'

/** One row of the audit trail, in the transaction of what it tells of. */
export function writeAudit(
  tx: Tx,
  entry: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly action: string
    readonly subject: string
    readonly details?: object
  },
): void {
  tx.run(
    'insert into audit (id, at, actor_kind, actor, action, subject, details) values (?, ?, ?, ?, ?, ?, ?)',
    tx.ids.next(),
    entry.now,
    entry.actor.kind,
    entry.actor.name,
    entry.action,
    entry.subject,
    JSON.stringify(entry.details ?? {}),
  )
}
