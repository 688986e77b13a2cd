import { ApiError } from '@octopus/api-client/api-error.ts'
import { QueryCache, QueryClient } from '@tanstack/react-query'

import { meQuery } from '#domain/me.ts'

/** A network that stumbles is tried this often; a refusal is an answer and is not. */
const RETRIES_MAX = 2

/** The cache of everything read. When the server no longer knows the session, `signedOut` is told. */
export function createQueries(signedOut: () => void): QueryClient {
  const queries = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (!(error instanceof ApiError) || error.code !== 'NOT_SIGNED_IN') return
        if (queries.getQueryData(meQuery.queryKey) === undefined) return
        queries.removeQueries({ queryKey: meQuery.queryKey })
        signedOut()
      },
    }),
    defaultOptions: {
      queries: {
        // Live events say when to read again; this only spares the second reading of a page that is being built.
        staleTime: 1_000,
        refetchOnWindowFocus: false,
        retry: (count, error) => count < RETRIES_MAX && error instanceof ApiError && isPassing(error),
      },
    },
  })
  return queries
}

function isPassing(error: ApiError): boolean {
  return error.status === 0 || error.status === 502 || error.status === 503
}
