import { refusal } from '@octopus/protocol/errors.ts'

import type { Page, PageRequest } from '#store/page.ts'

/** Rows are counted up to here where no counter knows: enough to say "more than", and never a walk through all. */
export const COUNT_MAX = 10_000

/** The values of a row that order a list, the last of them unique. */
export type Key = readonly (string | number)[]

/** The key that a page begins after, or null at the start. */
export function parseKey(request: PageRequest, parts: number): Key | null {
  if (request.after === null) return null
  try {
    const key: unknown = JSON.parse(request.after)
    if (Array.isArray(key) && key.length === parts && key.every(isKeyPart)) return key
  } catch {
    // Refused below.
  }
  throw refusal('INVALID_CURSOR')
}

function isKeyPart(part: unknown): part is string | number {
  return typeof part === 'string' || typeof part === 'number'
}

/** A page of rows that were read with one more than the limit, to know whether another page follows. */
export function pageOf<Row, Item>(
  request: PageRequest,
  rows: readonly Row[],
  list: {
    readonly keyOf: (row: Row) => Key
    readonly map: (row: Row) => Item
    readonly total: Page<Item>['total']
  },
): Page<Item> {
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    items: shown.map(list.map),
    nextKey: rows.length > request.limit && last !== undefined ? JSON.stringify(list.keyOf(last)) : null,
    total: list.total,
  }
}

/** A count that stopped at `COUNT_MAX + 1` rows. */
export function boundedTotal(counted: number): Page<never>['total'] {
  return counted > COUNT_MAX ? { value: COUNT_MAX, exact: false } : { value: counted, exact: true }
}
