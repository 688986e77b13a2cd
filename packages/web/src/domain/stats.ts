import { queryOptions } from '@tanstack/react-query'

import { call } from '#api/call.ts'

/** The counters of the whole installation. */
export const statsQuery = queryOptions({
  queryKey: ['stats'],
  queryFn: ({ signal }) => call('getStats', {}, signal),
})
