import { PAGE_ITEMS_DEFAULT } from '@octopus/protocol/limits.ts'
import type { RouteName } from '@octopus/protocol/rest/routes.ts'

import type { Page, PageRequest } from '#store/page.ts'

import type { Cursors } from './cursor.ts'

interface PageQuery {
  readonly limit?: number
  readonly cursor?: string
}

interface PageAnswer<Answer> {
  readonly items: readonly Answer[]
  readonly nextCursor: string | null
  readonly total: { readonly value: number; readonly exact: boolean }
}

/** Answers one page of a list: turns the cursor into the store's key and back. `filter` is what the cursor is bound to. */
export async function answerPage<Item, Answer>(
  cursors: Cursors,
  list: { readonly name: RouteName; readonly filter: object; readonly query: PageQuery },
  read: (request: PageRequest) => Promise<Page<Item>>,
  toAnswer: (item: Item) => Answer | Promise<Answer>,
): Promise<PageAnswer<Answer>> {
  const { name, filter, query } = list
  const after = cursors.read(name, filter, query.cursor)
  const page = await read({ limit: query.limit ?? PAGE_ITEMS_DEFAULT, after })
  const items: Answer[] = []
  for (const item of page.items) items.push(await toAnswer(item))
  return { items, nextCursor: cursors.make(name, filter, page.nextKey), total: page.total }
}
