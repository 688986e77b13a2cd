import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientStatus } from '@octopus/protocol/enroll.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { ClientStore, EnrollOutcome } from '#clients/client-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { addTotal } from './totals.ts'

export const enrollVerbs: VerbsOf<Pick<ClientStore, 'enrollClient'>> = {
  // Hot when a fleet is rolled out; and the one place where of parallel uses of the last use only one may win.
  enrollClient: (tx, { now, tokenHash, publicKey, fingerprint, name, version, reported }) => {
    const token = tx.get<{ id: string; user_id: string | null; approves: number }>(
      'select id, user_id, approves from enrollment_token where hash = ? and revoked_at is null and expires_at > ?',
      tokenHash,
      now,
    )
    if (!token) return { outcome: 'wrong-token' }
    // Before the use is counted: a PC whose first answer was lost asks again, and is who it was.
    const known = tx.get<{ id: ClientId; status: ClientStatus; deleted: 0 | 1 }>(
      'select id, status, deleted_at is not null as deleted from client where public_key = ?',
      publicKey,
    )
    if (known && (known.deleted === 0 || known.status === 'revoked')) {
      return { outcome: 'enrolled', id: known.id, status: known.status }
    }
    const used = tx.run(
      'update enrollment_token set uses_left = uses_left - 1 where id = ? and uses_left > 0',
      token.id,
    )
    if (used === 0) return { outcome: 'wrong-token' }
    const status: ClientStatus = token.approves === 1 ? 'approved' : 'pending'
    if (known) return enrolAgain(tx, { id: known.id, status, name, now, token })
    const id = tx.ids.next() as ClientId
    tx.run(
      `insert into client (id, name, user_id, status, version, public_key, fingerprint, reported, revision, created_at)
        values (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`,
      id,
      name,
      token.user_id,
      status,
      version,
      publicKey,
      fingerprint,
      JSON.stringify(reported),
      now,
    )
    addTotal(tx, 'client', status, 1)
    const details = { name, fingerprint, status, enrollmentToken: token.id }
    writeAudit(tx, { now, actor: { kind: 'client', name: id }, action: 'client.enrolled', subject: id, details })
    return { outcome: 'enrolled', id, status }
  },
}

/** A PC that was deleted comes with a valid token: it is who it was, with the rights of the token alone. */
function enrolAgain(
  tx: Tx,
  again: {
    readonly id: ClientId
    readonly status: ClientStatus
    readonly name: string
    readonly now: EpochMs
    readonly token: { readonly id: string; readonly user_id: string | null }
  },
): EnrollOutcome {
  const { id, status, name, now, token } = again
  tx.run(
    'update client set deleted_at = null, status = ?, user_id = ?, revision = revision + 1 where id = ?',
    status,
    token.user_id,
    id,
  )
  addTotal(tx, 'client', status, 1)
  const details = { name, status, enrollmentToken: token.id, again: true }
  writeAudit(tx, { now, actor: { kind: 'client', name: id }, action: 'client.enrolled', subject: id, details })
  return { outcome: 'enrolled', id, status }
}
