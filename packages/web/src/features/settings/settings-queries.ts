import type { Answer } from '@octopus/api-client/request.ts'

import { listOf } from '#api/list-of.ts'

export type User = Answer<'getUser'>
export type ApiToken = Answer<'listApiTokens'>['items'][number]
export type EnrollmentToken = Answer<'listEnrollmentTokens'>['items'][number]

/** No event tells of these: they are read again when they are changed here. */
export const usersQuery = listOf('listUsers', 'users')
export const apiTokensQuery = listOf('listApiTokens', 'api-tokens')
export const enrollmentTokensQuery = listOf('listEnrollmentTokens', 'enrollment-tokens')
