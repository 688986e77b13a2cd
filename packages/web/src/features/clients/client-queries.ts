import type { Answer, Query } from '@octopus/api-client/request.ts'
import { queryOptions } from '@tanstack/react-query'

import { call } from '#api/call.ts'
import { listOf } from '#api/list-of.ts'

export type Client = Answer<'getClient'>
export type ClientFilter = Pick<
  NonNullable<Query<'listClients'>>,
  'status' | 'presence' | 'user' | 'name' | 'label' | 'deleted'
>

export const clientsQuery = (filter: ClientFilter) => listOf('listClients', 'clients', { query: filter })

export const clientQuery = (id: string) =>
  queryOptions({ queryKey: [`client:${id}`], queryFn: ({ signal }) => call('getClient', { params: { id } }, signal) })
