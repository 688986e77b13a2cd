import type { EpochMs } from '@octopus/kit/clock.ts'
import { idFloor } from '@octopus/kit/ids.ts'

import type { Page, PageRequest } from '#store/page.ts'
import { COUNT_MAX, type Key, pageOf, parseKey } from '#store/sql/page-rows.ts'
import { IDS_AHEAD_MS_MAX } from '#store/sqlite/newest-id.ts'
import type { SqlValue, Tx } from '#store/sqlite/tx.ts'

/** One condition of a list: constant text and its value. Left out when the value is undefined. */
export interface Condition {
  readonly sql: string
  readonly value: SqlValue | undefined
  /** The text says everything and takes no value. */
  readonly constant?: true
  /** No index serves it: looked at row by row. */
  readonly unindexed?: true
}

export interface Listing<Row, Item> {
  /** `select … from … ` without conditions. */
  readonly select: string
  /** Where to count from: the one table that the conditions speak of. */
  readonly from: string
  /** The columns that order the list, the last of them unique among those that are listed. */
  readonly key: readonly string[]
  readonly direction: 'asc' | 'desc'
  readonly conditions: readonly Condition[]
  readonly keyOf: (row: Row) => Key
  readonly map: (row: Row) => Item
  /** The exact number of rows, where a counter has it. */
  readonly total?: number | undefined
}

/** A keyset page: the price of a page does not depend on how far one has turned. */
export function listPage<Row, Item>(tx: Tx, request: PageRequest, listing: Listing<Row, Item>): Page<Item> {
  const { keyOf, map, total } = listing
  return pageOf(request, readRows<Row>(tx, request, listing), {
    keyOf,
    map,
    total: total === undefined ? countUpTo(tx, listing) : { value: total, exact: true },
  })
}

/** The rows of a page, and one more if there is another page. */
export function readRows<Row>(
  tx: Tx,
  request: PageRequest,
  { select, key, direction, conditions }: Pick<Listing<Row, unknown>, 'select' | 'key' | 'direction' | 'conditions'>,
): readonly Row[] {
  const given = conditions.filter((condition) => condition.value !== undefined)
  const after = parseKey(request, key.length)
  const sign = direction === 'asc' ? '>' : '<'
  const beyond = after === null ? [] : [`(${key.join(', ')}) ${sign} (${key.map(() => '?').join(', ')})`]
  const where = [...given.map((condition) => condition.sql), ...beyond]
  return tx.all<Row>(
    `${select}${where.length > 0 ? ` where ${where.join(' and ')}` : ''}
      order by ${key.map((column) => `${column} ${direction}`).join(', ')} limit ?`,
    ...valuesOf(given),
    ...(after ?? []),
    request.limit + 1,
  )
}

/** Counts what fits among the first rows that the index gives; if there are more of those, the number is not exact. */
export function countUpTo(
  tx: Tx,
  { from, conditions }: Pick<Listing<never, never>, 'from' | 'conditions'>,
): Page<never>['total'] {
  const given = conditions.filter((condition) => condition.value !== undefined)
  const indexed = given.filter((condition) => condition.unindexed !== true)
  const others = given.filter((condition) => condition.unindexed === true)
  const fits = others.length === 0 ? '1' : others.map(({ sql }) => `(${sql})`).join(' and ')
  const row = tx.get<{ looked: number; fitting: number | null }>(
    `select count(*) as looked, sum(fits) as fitting from (select ${fits} as fits ${from}
      ${indexed.length > 0 ? `where ${indexed.map(({ sql }) => sql).join(' and ')}` : ''} limit ?)`,
    ...valuesOf(others),
    ...valuesOf(indexed),
    COUNT_MAX + 1,
  )
  const { looked = 0, fitting = 0 } = row ?? {}
  return { value: Math.min(fitting ?? 0, COUNT_MAX), exact: looked <= COUNT_MAX }
}

function valuesOf(conditions: readonly Condition[]): readonly SqlValue[] {
  return conditions.filter(({ constant }) => constant !== true).map(({ value }) => value ?? null)
}

/** Clocks of several servers differ a little: an id may be that much older than what stands beside it. */
const ID_SLACK_MS = 300_000

/**
 * Rows made in a span of time: ids rise with time, so that the primary key narrows it down, and the column decides. After
 * a clock that was set back ids go on from the last one, so that they are younger than what they are of.
 */
export function madeBetween(
  { id, column }: { readonly id: string; readonly column: string },
  span: { readonly from?: EpochMs | undefined; readonly to?: EpochMs | undefined },
): readonly Condition[] {
  const { from, to } = span
  return [
    { sql: `${id} >= ?`, value: from === undefined ? undefined : idFloor(from - ID_SLACK_MS) },
    { sql: `${id} < ?`, value: to === undefined ? undefined : idFloor(to + IDS_AHEAD_MS_MAX) },
    { sql: `${column} >= ?`, value: from, unindexed: true },
    { sql: `${column} < ?`, value: to, unindexed: true },
  ]
}
