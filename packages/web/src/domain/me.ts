import type { Answer } from '@octopus/api-client/request.ts'
import { queryOptions, useQuery } from '@tanstack/react-query'

import { call, rememberCsrfToken } from '#api/call.ts'

export type Role = Answer<'me'>['role']

const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 }

/** Who is signed in, and the token that changing requests carry. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => {
    const me = await call('me', {}, signal)
    rememberCsrfToken(me.csrfToken)
    return me
  },
  staleTime: 60_000,
  retry: false,
})

/** Whether a role includes another. */
export function allows(own: Role, needed: Role): boolean {
  return RANK[own] >= RANK[needed]
}

/** Whether the one who is signed in may do what needs this role. The server asks the same question again. */
export function useMay(needed: Role): boolean {
  const { data } = useQuery(meQuery)
  return data !== undefined && allows(data.role, needed)
}
