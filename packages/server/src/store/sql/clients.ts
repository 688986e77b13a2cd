import { type ExpressionBuilder, type ExpressionWrapper, type Kysely, sql, type SqlBool, type Updateable } from 'kysely'

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
    .where((eb) => eb.and(conditions(eb, filter)))
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
    .where((eb) => eb.and(conditions(eb, filter)))
    .select('client.id')
    .limit(COUNT_MAX + 1)
  return db.selectFrom(some.as('some')).select(({ fn }) => fn.countAll<number>().as('count'))
}

type Clients = ExpressionBuilder<Tables & { user: Nullable<Tables['user']> }, 'client' | 'user'>
type Nullable<T> = { [K in keyof T]: T[K] | null }

/** Rows are looked at in the order of their names: of clients there are some ten thousand, and the page ends the search. */
function conditions(eb: Clients, filter: ClientFilter): ExpressionWrapper<Tables, 'client' | 'user', SqlBool>[] {
  const { deleted, status, user, presence, name, label } = filter
  const found = [eb('client.deleted_at', deleted === true ? 'is not' : 'is', null)]
  if (status !== undefined) found.push(eb('client.status', '=', status))
  if (user !== undefined) found.push(eb('user.name_key', '=', user.toLowerCase()))
  if (presence !== undefined) found.push(eb('client.session_id', presence === 'online' ? 'is not' : 'is', null))
  if (name !== undefined) {
    const key = name.toLowerCase()
    found.push(
      eb(eb.fn<string>('substr', [eb.fn<string>('lower', ['client.name']), sql.val(1), sql.val(key.length)]), '=', key),
    )
  }
  // As JSON has it between its quotes: part of another label it cannot be.
  if (label !== undefined) {
    const text = JSON.stringify(label)
    found.push(
      eb(eb.fn<string>('replace', ['client.labels', sql.val(text), sql.val('')]), '<>', eb.ref('client.labels')),
    )
  }
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
