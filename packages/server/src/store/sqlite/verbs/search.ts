import { unreachable } from '@octopus/kit/assert.ts'
import type { SearchKind } from '@octopus/protocol/rest/search.ts'

import type { SearchHitRecord, SearchStore } from '#search/search-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

export const searchVerbs: VerbsOf<SearchStore> = {
  search: (tx, { text, kinds, limit }) =>
    kinds
      .map((kind) => {
        const hits = [...new Map(find(tx, kind, text, limit + 1).map((hit) => [hit.id, hit])).values()]
        return { kind, hits: hits.slice(0, limit), more: hits.length > limit }
      })
      .filter(({ hits }) => hits.length > 0),
}

type Hits = readonly SearchHitRecord[]

function find(tx: Tx, kind: SearchKind, text: string, limit: number): Hits {
  switch (kind) {
    case 'task':
    case 'client':
      return [...byId(tx, kind, text, limit), ...byName(tx, kind, text, limit)]
    case 'plugin':
    case 'user':
      return byName(tx, kind, text, limit)
    case 'run':
    case 'execution':
      return byId(tx, kind, text, limit)
    default:
      return unreachable(kind)
  }
}

type Named = 'task' | 'plugin' | 'client' | 'user'

/** The ids of `search_name` by kind, as the migration that made it gives them. */
const RANGE = 1_000_000_000_000
const BASES: Readonly<Record<Named, number>> = { task: 0, plugin: RANGE, client: 2 * RANGE, user: 3 * RANGE }

/** What is shown of a kind, joined to `n`. What is deleted, or only tried out, is not there. */
const SHOWN: Readonly<Record<Named, string>> = {
  task: `select t.id, t.name, t.plugin || '.' || t.action || ', ' || t.status as detail, n.id as n
    from {names} join task t on t.id = n.ref and t.deleted_at is null and t.try_client is null`,
  plugin: `select p.name as id, p.name, s.language || ', version ' || p.version as detail, n.id as n
    from {names} join plugin p on p.name = n.ref and p.deleted_at is null join plugin_source s on s.checksum = p.checksum`,
  client: `select c.id, c.name, c.status || coalesce(', ' || u.name, '') as detail, n.id as n
    from {names} join client c on c.id = n.ref and c.deleted_at is null left join user u on u.id = c.user_id`,
  user: `select u.name as id, u.name, u.display_name as detail, n.id as n
    from {names} join user u on u.name_key = n.name_key and u.deleted_at is null`,
}

/** Trigrams find three characters and more. */
const INFIX_CHARACTERS_MIN = 3

function byName(tx: Tx, kind: Named, text: string, limit: number): Hits {
  const key = text.replaceAll('\0', '').toLowerCase()
  const prefix = tx.all<SearchHitRecord>(
    `${SHOWN[kind].replace('{names}', 'search_name n indexed by search_name_key')}
      where n.kind = ? and n.name_key >= ? and n.name_key < ? order by n.name_key, n.id limit ?`,
    kind,
    key,
    `${key}\u{10FFFF}`,
    limit,
  )
  if (prefix.length >= limit || Array.from(key).length < INFIX_CHARACTERS_MIN) return prefix.map(plain)
  const infix = tx.all<SearchHitRecord>(
    `${SHOWN[kind].replace('{names}', 'search_index i cross join search_name n on n.id = i.rowid')}
      where i.name match ? and i.rowid > ? and i.rowid < ? order by i.rowid desc limit ?`,
    // As one phrase: nothing in it is an operator.
    `"${key.replaceAll('"', '""')}"`,
    BASES[kind],
    BASES[kind] + RANGE,
    limit,
  )
  return [...prefix, ...infix].map(plain)
}

const PART_OF_AN_ID = /^[0-9a-f]{4,8}(?:-[0-9a-f-]{0,27})?$/

const WITH_ID: Readonly<Record<'task' | 'client' | 'run' | 'execution', string>> = {
  task: `select t.id, t.name, t.plugin || '.' || t.action || ', ' || t.status as detail from task t
    where t.deleted_at is null and t.try_client is null and t.id`,
  client: `select c.id, c.name, c.status as detail from client c where c.deleted_at is null and c.id`,
  run: `select r.id, t.name, coalesce(r.outcome, r.status) as detail
    from run r cross join task t on t.id = r.task_id where r.id`,
  execution: `select e.id, t.name, coalesce(c.name || ', ', '') || e.state as detail
    from execution e cross join task t on t.id = e.task_id left join client c on c.id = e.client_id where e.id`,
}

function byId(tx: Tx, kind: 'task' | 'client' | 'run' | 'execution', text: string, limit: number): Hits {
  const prefix = text.toLowerCase()
  if (!PART_OF_AN_ID.test(prefix)) return []
  const sql = WITH_ID[kind]
  const column = sql.slice(sql.lastIndexOf(' ') + 1)
  // `g` is behind every hexadecimal digit.
  return tx
    .all<SearchHitRecord>(`${sql} >= ? and ${column} < ? order by ${column} limit ?`, prefix, `${prefix}g`, limit)
    .map(plain)
}

function plain({ id, name, detail }: SearchHitRecord): SearchHitRecord {
  return { id, name, detail }
}
