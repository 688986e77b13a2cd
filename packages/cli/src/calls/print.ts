import { sheetOf } from '#show/sheet.ts'
import { CELL_COLUMNS_MAX, tableOf } from '#show/table.ts'
import { visibleJson } from '#show/visible.ts'
import type { World } from '#world.ts'

/** As it came; on a terminal with what could act on it written out, which says the same in JSON. */
export function printJson(text: string, world: World): void {
  if (text !== '') world.out.write(`${world.out.isTerminal ? visibleJson(text) : text}\n`)
}

export function printPage(
  page: {
    readonly items: readonly unknown[]
    readonly nextCursor: string | null
    readonly total: { readonly value: number; readonly exact: boolean }
  },
  columns: readonly string[] | undefined,
  world: World,
): void {
  const { items, nextCursor, total } = page
  if (items.length === 0) {
    world.err.write('There are none.\n')
    return
  }
  const paths = columns ?? Object.keys(items[0] as object)
  world.out.write(tableOf(items, paths, world.out.isTerminal ? CELL_COLUMNS_MAX : undefined))
  if (nextCursor === null) return
  const of = total.exact ? ` of ${total.value}` : ''
  world.err.write(`${items.length}${of} shown. All: --all. The next: --cursor ${nextCursor}\n`)
}

/** One thing; an answer that is a short list of things, with no pages, is a table. */
export function printThing(thing: unknown, columns: readonly string[] | undefined, world: World): void {
  const items = columns && typeof thing === 'object' && thing !== null && 'items' in thing ? thing.items : undefined
  if (Array.isArray(items)) printPage({ items, nextCursor: null, total: { value: 0, exact: false } }, columns, world)
  else world.out.write(sheetOf(thing))
}
