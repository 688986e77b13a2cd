import type { Answer, Query } from '@octopus/api-client/request.ts'
import { queryOptions } from '@tanstack/react-query'

import { call } from '#api/call.ts'
import { listOf } from '#api/list-of.ts'

export type User = Answer<'getUser'>
export type ApiToken = Answer<'listApiTokens'>['items'][number]
export type EnrollmentToken = Answer<'listEnrollmentTokens'>['items'][number]
export type Settings = Answer<'getSettings'>
export type Target = Answer<'getNotificationTarget'>
export type Message = Answer<'listNotificationMessages'>['items'][number]
export type AuditEntry = Answer<'listAudit'>['items'][number]
export type AuditFilter = Pick<NonNullable<Query<'listAudit'>>, 'actor' | 'action' | 'subject'>

/** No event tells of these: they are read again when they are changed here. */
export const usersQuery = listOf('listUsers', 'users')
export const apiTokensQuery = listOf('listApiTokens', 'api-tokens')
export const enrollmentTokensQuery = listOf('listEnrollmentTokens', 'enrollment-tokens')
export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => call('getSettings', {}, signal),
})
export const targetsQuery = listOf('listNotificationTargets', 'notification-targets')
export const messagesQuery = listOf('listNotificationMessages', 'notification-messages')
export const auditQuery = (filter: AuditFilter) => listOf('listAudit', 'audit', { query: filter })
