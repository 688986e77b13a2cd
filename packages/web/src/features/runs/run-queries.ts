import type { Answer, Query } from '@octopus/api-client/request.ts'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'

import { call } from '#api/call.ts'
import { listOf } from '#api/list-of.ts'

export type Run = Answer<'getRun'>
export type RunFilter = Omit<NonNullable<Query<'listRuns'>>, 'cursor' | 'limit'>

export const runsQuery = (filter: RunFilter, limit?: number) =>
  listOf('listRuns', 'runs', { query: { ...filter, limit } })

export const taskRunsQuery = (task: string) => listOf('listTaskRuns', `task:${task}`, { params: { id: task } })

export const runQuery = (id: string) =>
  queryOptions({ queryKey: [`run:${id}`], queryFn: ({ signal }) => call('getRun', { params: { id } }, signal) })

export type ResultGroup = Answer<'listRunResults'>['items'][number]

export const resultGroupsQuery = (run: string) => listOf('listRunResults', `run:${run}`, { params: { id: run } })

export const runStatsQuery = (query: NonNullable<Query<'getRunStats'>>) =>
  queryOptions({
    queryKey: ['runs', 'stats', query],
    queryFn: ({ signal }) => call('getRunStats', { query }, signal),
    placeholderData: keepPreviousData,
  })
