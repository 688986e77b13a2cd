import type { Answer } from '@octopus/api-client/request.ts'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'

import { rememberCsrfToken } from '#api/call.ts'
import { meQuery } from '#domain/me.ts'

/** Goes on into the dashboard after signing in, to where the person wanted to go. */
export function useEntry(to: string | undefined): (me: Answer<'me'>) => Promise<void> {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return useCallback(
    async (me) => {
      queries.clear()
      rememberCsrfToken(me.csrfToken)
      queries.setQueryData(meQuery.queryKey, me)
      await (to === undefined ? navigate({ to: '/', replace: true }) : navigate({ href: to, replace: true }))
    },
    [queries, navigate, to],
  )
}
