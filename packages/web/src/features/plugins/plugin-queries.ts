import type { Answer } from '@octopus/api-client/request.ts'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'

import { call } from '#api/call.ts'
import { listOf } from '#api/list-of.ts'

export type Plugin = Answer<'getPlugin'>
export type PluginItem = Answer<'listPlugins'>['items'][number]
export type InboxProblem = Answer<'listPlugins'>['inboxProblems'][number]
export type Language = Plugin['language']
export type Checked = Answer<'checkPlugin'>

export const pluginsQuery = listOf('listPlugins', 'plugins')

export const pluginQuery = (name: string) =>
  queryOptions({
    queryKey: [`plugin:${name}`],
    queryFn: ({ signal }) => call('getPlugin', { params: { name } }, signal),
  })

export const pluginSyncQuery = (name: string) =>
  queryOptions({
    queryKey: [`plugin:${name}`, 'sync'],
    queryFn: ({ signal }) => call('getPluginSync', { params: { name } }, signal),
  })

export const pluginVersionsQuery = (name: string) =>
  listOf('listPluginVersions', `plugin:${name}`, { params: { name } })

export type Version = Answer<'listPluginVersions'>['items'][number]

/** A version never changes: its source is read once. */
export const versionQuery = (name: string, version: number) =>
  queryOptions({
    queryKey: ['plugin-version', name, version],
    queryFn: ({ signal }) => call('getPluginVersion', { params: { name, version: String(version) } }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  })

/** Clients that a source can be tried on. */
export const tryClientsQuery = listOf('listClients', 'clients', {
  query: { status: 'approved', presence: 'online', limit: 200 },
})

/** The actions, parameters and problems of a source. The same source has the same answer, so it is asked once. */
export const checkQuery = (language: Language, source: string) =>
  queryOptions({
    queryKey: ['plugin-check', language, source],
    queryFn: ({ signal }) => call('checkPlugin', { body: { language, source } }, signal),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  })
