import type { ClientStatus } from '@octopus/protocol/enroll.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { ClientFilter, ClientRecord, ClientStore } from '#clients/client-store.ts'
import type { Page } from '#store/page.ts'
import { changeClient, countClients, pageOfClients, selectClients } from '#store/sql/clients.ts'
import { boundedTotal, pageOf } from '#store/sql/page-rows.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import { change, countOf, db, many } from '#store/sqlite/queries.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { Changes } from './changes.ts'
import { clientRecord, type ClientRow } from './client-rows.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'
import { addTotal, readTotals } from './totals.ts'
import { findUser } from './user-rows.ts'
import { cancelWaitingFor } from './waiting-for-client.ts'

export const clientVerbs: VerbsOf<
  Pick<ClientStore, 'approveClient' | 'revokeClient' | 'setDraining' | 'changeClient' | 'readClient' | 'listClients'>
> = {
  approveClient: (tx, { now, actor, client, user: name }) => {
    const row = findClient(tx, client)
    if (!row) return 'no-client'
    if (row.status === 'revoked') return 'revoked'
    const user = name === null ? null : findUser(tx, name)
    if (user === undefined) return 'no-user'
    change(tx, changeClient(db, client, { status: 'approved', ...(user && { user_id: user.id }) }))
    moveTotal(tx, row.status, 'approved')
    writeAudit(tx, { now, actor, action: 'client.approved', subject: client, details: { user: user?.name } })
    return 'approved'
  },

  revokeClient: (tx, { now, actor, client }) => {
    const row = findClient(tx, client)
    if (!row) return null
    // First of all: from here on it is shut out, whatever becomes of the rest.
    if (row.status !== 'revoked') {
      change(tx, changeClient(db, client, { status: 'revoked' }))
      moveTotal(tx, row.status, 'revoked')
      writeAudit(tx, { now, actor, action: 'client.revoked', subject: client })
    }
    const changes = new Changes(tx, now)
    for (const one of unwantedOutOfContact(tx, client)) changes.waitNoLonger(one, true)
    const more = cancelWaitingFor(tx, changes, client, 'client-revoked')
    return { touched: changes.flush(), more }
  },

  setDraining: (tx, { now, actor, client, draining }) => {
    const row = findClient(tx, client)
    if (!row) return false
    if ((row.draining === 1) === draining) return true
    change(tx, changeClient(db, client, { draining: draining ? 1 : 0 }))
    writeAudit(tx, { now, actor, action: draining ? 'client.drained' : 'client.resumed', subject: client })
    return true
  },

  changeClient: (tx, { now, actor, client, ifRevision, name, user: userName, labels, slotsLimit }) => {
    const row = findClient(tx, client)
    if (!row) return { outcome: 'no-client' }
    if (row.revision !== ifRevision) return { outcome: 'stale', revision: row.revision }
    const user = typeof userName === 'string' ? findUser(tx, userName) : null
    if (user === undefined) return { outcome: 'no-user' }
    const changes = {
      ...(name !== undefined && { name }),
      ...(userName !== undefined && { user_id: user?.id ?? null }),
      ...(labels !== undefined && { labels: JSON.stringify(labels) }),
      ...(slotsLimit !== undefined && { slots_limit: slotsLimit }),
    }
    change(tx, changeClient(db, client, changes))
    const details = { name, user: userName, labels, slotsLimit }
    writeAudit(tx, { now, actor, action: 'client.changed', subject: client, details })
    return { outcome: 'changed' }
  },

  readClient: (tx, { id }) => readClientRecord(tx, id),

  listClients: (tx, request) =>
    pageOf(request, many(tx, pageOfClients(db, request.filter, request)), {
      keyOf: (row) => [row.name, row.id],
      map: clientRecord,
      total: totalOf(tx, request.filter),
    }),
}

/** Compiled once: ten thousand clients that come back together are each read by it. */
const ONE_CLIENT = selectClients(db).where('client.deleted_at', 'is', null).where('client.id', '=', '').compile().sql

export function readClientRecord(tx: Tx, id: ClientId): ClientRecord | null {
  const row = tx.get<ClientRow>(ONE_CLIENT, id)
  return row ? clientRecord(row) : null
}

function findClient(
  tx: Tx,
  id: ClientId,
): { readonly status: ClientStatus; readonly draining: number; readonly revision: number } | undefined {
  return tx.get('select status, draining, revision from client where id = ? and deleted_at is null', id)
}

/** What somebody wants cancelled, and what this client has in its hands and was to tell the end of. */
function unwantedOutOfContact(tx: Tx, client: ClientId): readonly StateRow[] {
  const inHand = tx.all<StateRow>(
    `select ${STATE_COLUMNS} from execution
      where client_id = ? and state in ('assigned', 'running', 'disconnected')`,
    client,
  )
  return inHand.filter(({ state, cancel_requested_at }) => state === 'disconnected' && cancel_requested_at !== null)
}

function moveTotal(tx: Tx, from: ClientStatus, to: ClientStatus): void {
  if (from === to) return
  addTotal(tx, 'client', from, -1)
  addTotal(tx, 'client', to, 1)
}

/** The counters know the number of all clients and of each status; other filters are counted, up to a bound. */
function totalOf(tx: Tx, filter: ClientFilter): Page<never>['total'] {
  const { presence, user, name, label, deleted } = filter
  if ((presence ?? user ?? name ?? label) !== undefined || deleted === true) {
    return boundedTotal(countOf(tx, countClients(db, filter)))
  }
  const totals = readTotals(tx, 'client')
  const words = filter.status === undefined ? [...totals.keys()] : [filter.status]
  return { value: words.reduce((sum, word) => sum + (totals.get(word) ?? 0), 0), exact: true }
}
