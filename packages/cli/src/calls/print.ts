import type { Answer } from '@octopus/api-client/request.ts'

import { cellOf } from '#show/cell.ts'
import { sheetOf } from '#show/sheet.ts'
import { CELL_COLUMNS_MAX, tableOf } from '#show/table.ts'
import { visibleJson } from '#show/visible.ts'
import type { World } from '#world.ts'

/** As it came; on a terminal with what could act on it written out, which says the same in JSON. */
export function printJson(text: string, world: World): void {
  if (text !== '') world.out.write(`${world.out.isTerminal ? visibleJson(text) : text}\n`)
}

export interface Page {
  readonly items: readonly unknown[]
  readonly nextCursor: string | null
  readonly total: { readonly value: number; readonly exact: boolean }
  /** Of plugins only. */
  readonly inboxProblems?: InboxProblems
}

type InboxProblems = Answer<'listPlugins'>['inboxProblems']

export function printPage(page: Page, columns: readonly string[] | undefined, world: World): void {
  printItems(page, columns, world)
  if (page.inboxProblems !== undefined) printInboxProblems(page.inboxProblems, world)
}

function printItems(page: Page, columns: readonly string[] | undefined, world: World): void {
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

/** What keeps files in the server's folder from being published, also where there is no plugin yet that could tell it. */
function printInboxProblems(problems: InboxProblems, world: World): void {
  if (problems.length === 0) return
  // Two files of one name have one problem, which names both.
  const told = new Map(problems.map(({ problem, since }) => [problem, since]))
  const lines = [...told].map(([problem, since]) => `  ${cellOf(since, 'at')}  ${cellOf(problem, 'problem')}\n`)
  world.err.write(`Not taken from the plugins folder:\n${lines.join('')}`)
}

/** One thing; an answer that is a short list of things, with no pages, is a table. */
export function printThing(thing: unknown, columns: readonly string[] | undefined, world: World): void {
  const items = columns && typeof thing === 'object' && thing !== null && 'items' in thing ? thing.items : undefined
  if (Array.isArray(items)) printPage({ items, nextCursor: null, total: { value: 0, exact: false } }, columns, world)
  else world.out.write(sheetOf(thing))
}
