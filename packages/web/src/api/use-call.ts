import type { Answer, OperationName, Request } from '@octopus/api-client/request.ts'
import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query'

import { call } from './call.ts'

/**
 * A changing call. Afterwards everything that is shown is read again: events would tell, but the one who pressed the
 * button should not wait for them.
 */
export function useCall<N extends OperationName>(name: N): UseMutationResult<Answer<N>, Error, Request<N>> {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (request: Request<N>) => call(name, request),
    onSuccess: () => {
      void queries.invalidateQueries()
    },
  })
}
