import type { ClientStatus } from '@octopus/protocol/enroll.ts'
import type { ClientId, SessionId, UserId } from '@octopus/protocol/ids.ts'
import type { SlotKind } from '@octopus/protocol/work.ts'

import type { ClientRecord } from '#clients/client-store.ts'
import type { selectClients } from '#store/sql/clients.ts'
import type { Tx } from '#store/sqlite/tx.ts'

export type ClientRow =
  ReturnType<typeof selectClients> extends { executeTakeFirstOrThrow: () => Promise<infer Row> } ? Row : never

export function clientRecord(row: ClientRow): ClientRecord {
  return {
    id: row.id as ClientId,
    name: row.name,
    userId: row.user_id as UserId | null,
    userName: row.user_name,
    status: row.status as ClientStatus,
    draining: row.draining === 1,
    labels: JSON.parse(row.labels) as ClientRecord['labels'],
    version: row.version,
    publicKey: row.public_key,
    fingerprint: row.fingerprint,
    reported: row.reported === null ? null : (JSON.parse(row.reported) as ClientRecord['reported']),
    runtimes: JSON.parse(row.runtimes) as ClientRecord['runtimes'],
    slots: row.slots,
    slotsLimit: row.slots_limit,
    session: row.session_id as SessionId | null,
    sessionBeganAt: row.session_began_at,
    lastSeenAt: row.last_seen_at,
    manifestRevision: row.manifest_revision,
    missing: JSON.parse(row.missing) as ClientRecord['missing'],
    revision: row.revision,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
  }
}

/** Shut out for good: it will tell nothing any more. */
export function isRevoked(tx: Tx, client: ClientId | null): boolean {
  return tx.get(`select 1 from client where id = ? and status = 'revoked'`, client) !== undefined
}

/** Only this client could do it, and it never will. */
export function isOfRevoked(tx: Tx, row: { readonly slot_kind: SlotKind; readonly slot_value: string }): boolean {
  return row.slot_kind === 'client' && isRevoked(tx, row.slot_value as ClientId)
}
