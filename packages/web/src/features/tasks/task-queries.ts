import type { Answer, Body, Query } from '@octopus/api-client/request.ts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import { call } from '#api/call.ts'
import { listOf } from '#api/list-of.ts'

export type Task = Answer<'getTask'>
export type NewTask = Body<'createTask'>
export type ChangedTask = Body<'changeTask'>
export type PreviewSchedule = Body<'previewSchedule'>
export type TaskFilter = Omit<NonNullable<Query<'listTasks'>>, 'cursor' | 'limit'>
export type Action = Answer<'getPlugin'>['actions'][number]
export type Parameter = Action['parameters'][number]
export type Reach = Answer<'getReach'>

/** As many as the server gives at once: whoever has more plugins than that types the name. */
const CHOICES_MAX = 200

export const tasksQuery = (filter: TaskFilter, limit?: number) =>
  listOf('listTasks', 'tasks', { query: { ...filter, limit } })

export const taskQuery = (id: string) =>
  queryOptions({ queryKey: [`task:${id}`], queryFn: ({ signal }) => call('getTask', { params: { id } }, signal) })

/** The next times of a schedule that is still being written. Its refusal says what is wrong with it. */
export const previewQuery = (schedule: PreviewSchedule) =>
  queryOptions({
    queryKey: ['schedule-preview', schedule],
    queryFn: ({ signal }) => call('previewSchedule', { body: schedule }, signal),
    retry: false,
    // Times pass: the first one of an old preview may lie behind us.
    staleTime: 10_000,
  })

export const reachQuery = queryOptions({
  queryKey: ['clients', 'reach'],
  queryFn: ({ signal }) => call('getReach', {}, signal),
})

export const pluginChoicesQuery = infiniteQueryOptions(
  listOf('listPlugins', 'plugins', { query: { limit: CHOICES_MAX } }),
)
