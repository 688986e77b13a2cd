import type { Answer, Query } from '@octopus/api-client/request.ts'
import { queryOptions } from '@tanstack/react-query'

import { call } from '#api/call.ts'
import { listOf } from '#api/list-of.ts'

export type Execution = Answer<'getExecution'>
export type ExecutionItem = Answer<'listExecutions'>['items'][number]
export type ExecutionFilter = Omit<NonNullable<Query<'listExecutions'>>, 'cursor' | 'limit'>
export type Why = Answer<'whyExecution'>
export type OutputPage = Answer<'getOutput'>
export type OutputItem = OutputPage['items'][number]

/** `topic` is where news of these executions come from: their run's, or that of all executions. */
export const executionsQuery = (topic: string, filter: ExecutionFilter, limit?: number) =>
  listOf('listExecutions', topic, { query: { ...filter, limit } })

export const executionQuery = (id: string) =>
  queryOptions({
    queryKey: [`execution:${id}`],
    queryFn: ({ signal }) => call('getExecution', { params: { id } }, signal),
  })

/** It has news whenever the execution has. */
export const whyQuery = (id: string) =>
  queryOptions({
    queryKey: [`execution:${id}`, 'why'],
    queryFn: ({ signal }) => call('whyExecution', { params: { id } }, signal),
  })

/** Of a client in the newest run of a task: it has news whenever the task has. */
export const whyClientQuery = (task: string, client: string) =>
  queryOptions({
    queryKey: [`task:${task}`, 'why', client],
    queryFn: ({ signal }) => call('whyClient', { query: { task, client } }, signal),
  })
