import type { EpochMs } from '@octopus/kit/clock.ts'

import type { Actor } from '#store/page.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx } from '#store/sqlite/tx.ts'

/** Whoever may let no PC in any more leaves no door open either: what this user made, by hand or by a token, is revoked. */
export function revokeEnrollmentMadeBy(
  tx: Tx,
  { now, actor, user }: { readonly now: EpochMs; readonly actor: Actor; readonly user: string },
): void {
  // A token's actor is "user/token"; no name of a user holds a slash.
  const revoked = tx.all<{ id: string }>(
    `update enrollment_token set revoked_at = ?1
      where revoked_at is null and (created_by = ?2 or substr(created_by, 1, length(?2) + 1) = ?2 || '/') returning id`,
    now,
    user,
  )
  for (const { id } of revoked) {
    writeAudit(tx, { now, actor, action: 'enrollment-token.revoked', subject: id, details: { madeBy: user } })
  }
}
