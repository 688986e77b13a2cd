import type { Page, PageRequest } from '#store/page.ts'
import type { SqlValue, Tx } from '#store/sqlite/tx.ts'

/** One condition of a list: constant text and its value. Left out when the value is undefined. */
export interface Condition {
  readonly sql: string
  readonly value: SqlValue | undefined
}

/** Rows counted at most when a filter has no counter: enough to say "more than". */
const COUNT_MAX = 10_000

export interface Listing<Row, Item> {
  /** `select … from … ` without conditions. */
  readonly select: string
  /** Where to count from: the same tables. */
  readonly from: string
  readonly key: string
  readonly direction: 'asc' | 'desc'
  readonly conditions: readonly Condition[]
  readonly keyOf: (row: Row) => string
  readonly map: (row: Row) => Item
  /** The exact number of rows, where a counter has it. */
  readonly total?: number | undefined
}

/** A keyset page: the price of a page does not depend on how far one has turned. */
export function listPage<Row, Item>(tx: Tx, request: PageRequest, listing: Listing<Row, Item>): Page<Item> {
  const given = listing.conditions.filter((condition) => condition.value !== undefined)
  const filter = given.map((condition) => condition.sql)
  const values = given.map((condition) => condition.value as SqlValue)
  const beyond = request.after === null ? [] : [`${listing.key} ${listing.direction === 'asc' ? '>' : '<'} ?`]
  const where = [...filter, ...beyond]
  const rows = tx.all<Row>(
    `${listing.select}${where.length > 0 ? ` where ${where.join(' and ')}` : ''}
      order by ${listing.key} ${listing.direction} limit ?`,
    ...values,
    ...(request.after === null ? [] : [request.after]),
    request.limit + 1,
  )
  const items = rows.slice(0, request.limit)
  const last = items.at(-1)
  return {
    items: items.map(listing.map),
    nextKey: rows.length > request.limit && last ? listing.keyOf(last) : null,
    total:
      listing.total === undefined ? countUpTo(tx, listing.from, filter, values) : { value: listing.total, exact: true },
  }
}

function countUpTo(
  tx: Tx,
  from: string,
  filter: readonly string[],
  values: readonly SqlValue[],
): { readonly value: number; readonly exact: boolean } {
  const row = tx.get<{ n: number }>(
    `select count(*) as n from (select 1 ${from}${filter.length > 0 ? ` where ${filter.join(' and ')}` : ''} limit ?)`,
    ...values,
    COUNT_MAX + 1,
  )
  const value = row?.n ?? 0
  return value > COUNT_MAX ? { value: COUNT_MAX, exact: false } : { value, exact: true }
}
