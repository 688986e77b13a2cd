import type { Answer, Query } from '@octopus/api-client/request.ts'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'

import { call } from '#api/call.ts'
import { listOf } from '#api/list-of.ts'

export type Client = Answer<'getClient'>
export type ClientFilter = Pick<
  NonNullable<Query<'listClients'>>,
  'status' | 'presence' | 'user' | 'name' | 'label' | 'deleted'
>

export const clientsQuery = (filter: ClientFilter) => listOf('listClients', 'clients', { query: filter })

/** More than fit under a field nobody reads: who looks for one types more of its name. */
const CHOICES_MAX = 8

/** The first clients whose names begin so; of no text, the first of all. What was found before is shown until then. */
export const clientChoicesQuery = (name: string) =>
  queryOptions({
    queryKey: ['clients', 'choices', name],
    queryFn: ({ signal }) =>
      call('listClients', { query: { limit: CHOICES_MAX, ...(name === '' ? {} : { name }) } }, signal),
    placeholderData: keepPreviousData,
  })

export const clientQuery = (id: string) =>
  queryOptions({ queryKey: [`client:${id}`], queryFn: ({ signal }) => call('getClient', { params: { id } }, signal) })
