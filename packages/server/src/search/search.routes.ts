import { invalidRequest } from '@octopus/protocol/errors.ts'
import { SEARCH_HITS_DEFAULT, SEARCH_KINDS } from '@octopus/protocol/rest/search.ts'

import type { Handlers } from '#http/route.ts'

import type { SearchStore } from './search-store.ts'

export function searchRoutes({ store }: { readonly store: SearchStore }): Handlers<'search'> {
  return {
    // Whoever may sign in may read the lists of all these kinds, and nothing is found here that they do not show.
    search: async ({ query }) => {
      const text = query.q.trim()
      if (text === '') throw invalidRequest('query', [{ field: 'q', message: 'must not be blank' }])
      const kinds = query.kind === undefined ? SEARCH_KINDS : [query.kind]
      const found = await store.search({ text, kinds, limit: query.limit ?? SEARCH_HITS_DEFAULT })
      return {
        items: found.flatMap(({ kind, hits }) => hits.map((hit) => ({ kind, ...hit }))),
        more: found.filter(({ more }) => more).map(({ kind }) => kind),
      }
    },
  }
}
