import type { Kysely, Updateable } from 'kysely'

import type { ClientFilter } from '#clients/client-store.ts'
import type { PageRequest } from '#store/page.ts'

import { COUNT_MAX, parseKey } from './page-rows.ts'
import type { Tables } from './tables.ts'

type Db = Kysely<Tables>

/** Clients with the names of their users. */
export function selectClients(db: Db) {
  return db
    .selectFrom('client')
    .leftJoin('user', 'user.id', 'client.user_id')
    .select([
      'client.id',
      'client.name',
      'client.user_id',
      'user.name as user_name',
      'client.status',
      'client.draining',
    ])
    .select(['client.labels', 'client.version', 'client.public_key', 'client.fingerprint', 'client.reported'])
    .select(['client.runtimes', 'client.slots', 'client.session_id', 'client.session_began_at', 'client.last_seen_at'])
    .select(['client.manifest_revision', 'client.missing', 'client.revision', 'client.created_at'])
    .select(['client.deleted_at', 'client.slots_limit'])
}

/** By name, then by id: names are not unique. */
export function pageOfClients(db: Db, filter: ClientFilter, request: PageRequest) {
  const key = parseKey(request, 2)
  const clients = selectClients(db)
    .where(({ and, eb }) => and(conditions(filter).map(([column, operator, value]) => eb(column, operator, value))))
    .orderBy('client.name')
    .orderBy('client.id')
    .limit(request.limit + 1)
  if (!key) return clients
  const [name, id] = [String(key[0]), String(key[1])]
  return clients.where(({ eb, refTuple, tuple }) => eb(refTuple('client.name', 'client.id'), '>', tuple(name, id)))
}

export function countClients(db: Db, filter: ClientFilter) {
  const some = db
    .selectFrom('client')
    .leftJoin('user', 'user.id', 'client.user_id')
    .where(({ and, eb }) => and(conditions(filter).map(([column, operator, value]) => eb(column, operator, value))))
    .select('client.id')
    .limit(COUNT_MAX + 1)
  return db.selectFrom(some.as('some')).select(({ fn }) => fn.countAll<number>().as('count'))
}

type Condition =
  | readonly ['client.status' | 'user.name_key', '=', string]
  | readonly ['client.session_id' | 'client.deleted_at', 'is' | 'is not', null]

function conditions(filter: ClientFilter): Condition[] {
  const found: Condition[] = [['client.deleted_at', filter.deleted === true ? 'is not' : 'is', null]]
  if (filter.status !== undefined) found.push(['client.status', '=', filter.status])
  if (filter.user !== undefined) found.push(['user.name_key', '=', filter.user.toLowerCase()])
  if (filter.presence !== undefined)
    found.push(['client.session_id', filter.presence === 'online' ? 'is not' : 'is', null])
  return found
}

/** Writes and raises the revision. */
export function changeClient(db: Db, id: string, changes: Updateable<Tables['client']>) {
  return db
    .updateTable('client')
    .set(changes)
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('id', '=', id)
}
