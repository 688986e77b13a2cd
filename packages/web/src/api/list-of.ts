import type { Answer, OperationName, Query, Request } from '@octopus/api-client/request.ts'
import type { Operations } from '@octopus/api-client/schema.ts'
import { infiniteQueryOptions } from '@tanstack/react-query'

import { call } from './call.ts'

/** Operations that answer in pages. */
type ListName = {
  [N in OperationName]: Operations[N]['answer'] extends { nextCursor: string | null } ? N : never
}[OperationName]

interface ListRequest<N extends ListName> {
  readonly params?: Operations[N]['params']
  readonly query?: Omit<NonNullable<Query<N>>, 'cursor'>
}

/** Query options of a list that is read page by page. `topic` is what the list is read again for. */
export function listOf<N extends ListName>(name: N, topic: string, request: ListRequest<N> = {}) {
  return infiniteQueryOptions({
    queryKey: [topic, name, request] as const,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }): Promise<Answer<N>> => {
      const query = { ...request.query, cursor: pageParam }
      return call(name, { ...request, query } as unknown as Request<N>, signal)
    },
    getNextPageParam: (last) => (last as { nextCursor: string | null }).nextCursor ?? undefined,
  })
}
