import { hostname } from 'node:os'

import type { Api } from '@octopus/api-client/api.ts'
import type { Answer } from '@octopus/api-client/request.ts'

import type { Given } from '#command-line/given.ts'
import type { Act } from '#command-line/rows.ts'
import { UsageError } from '#command-line/usage-error.ts'
import { EXIT } from '#exit-codes.ts'
import { visible } from '#show/visible.ts'
import type { World } from '#world.ts'

import { apiOf, serverAddress } from './connection.ts'
import { credentialsFile, readCredentials, type StoredToken, writeCredentials } from './credentials.ts'
import { readSecret } from './secret.ts'

/** A token that `octopus login` makes lives so long unless told otherwise. */
const TOKEN_DAYS = 90

/** `octopus login`: proves the token, and keeps it for this server. */
export const login: Act = async (given, world) => {
  const server = await serverOf(given, world)
  warnOfPlainHttp(server, world)
  const name = given.text('user')
  const stored = name === undefined ? await givenToken(given, world) : await byPassword(server, name, given, world)
  return keep(server, stored, world)
}

/** `octopus setup`: the first administrator of a new server, who is signed in at once. */
export const setup: Act = async (given, world) => {
  const server = await serverOf(given, world)
  warnOfPlainHttp(server, world)
  const api = apiOf(server, world, {})
  const token = await readSecret('token', 'One-time token that the server printed: ', given, world)
  const name = given.needed('name')
  const password = await readSecret('password', `New password of ${name}: `, given, world)
  const answer = await api.send('setup', { body: { token, name, password } })
  return keep(server, await tokenOfSession(server, answer, given, world), world)
}

/** `octopus logout`: forgets the token, and revokes it when `octopus login` had made it. */
export const logout: Act = async (given, world) => {
  const file = credentialsFile(world)
  const credentials = await readCredentials(file)
  const server = given.text('server') ? serverAddress(given.text('server') ?? '', '--server') : credentials.server
  const kept = server !== null && Object.hasOwn(credentials.tokens, server) ? credentials.tokens[server] : undefined
  if (server === null || !kept) {
    world.err.write('Nobody was signed in.\n')
    return EXIT.done
  }
  const { [server]: _gone, ...tokens } = credentials.tokens
  await writeCredentials(file, { server: credentials.server === server ? null : credentials.server, tokens })
  if (kept.id !== undefined) {
    const api = apiOf(server, world, { authorization: `Bearer ${kept.token}` })
    await api.call('deleteApiToken', { params: { id: kept.id } })
    world.err.write(`Signed out of ${server}; the token is revoked.\n`)
  } else {
    world.err.write(`Signed out of ${server}. The token itself is still good: "octopus token delete" revokes it.\n`)
  }
  return EXIT.done
}

async function serverOf(given: Given, world: World): Promise<string> {
  const text =
    given.text('server') ?? world.env['OCTOPUS_SERVER'] ?? (await readCredentials(credentialsFile(world))).server
  if (!text) throw new UsageError('Which server? Say --server https://octopus.example.com')
  return serverAddress(text, given.has('server') ? '--server' : 'OCTOPUS_SERVER')
}

function warnOfPlainHttp(server: string, world: World): void {
  const { protocol, hostname } = new URL(server)
  if (protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')) return
  world.err.write(`Warning: ${server} is not encrypted; the token can be read on the way.\n`)
}

async function givenToken(given: Given, world: World): Promise<StoredToken> {
  const fromEnv = (world.env['OCTOPUS_API_TOKEN'] ?? world.env['OCTOPUS_TOKEN'])?.trim()
  if (!given.has('token-file') && fromEnv) return { token: fromEnv }
  return { token: await readSecret('token', 'API token (from the dashboard, Settings): ', given, world) }
}

async function byPassword(server: string, name: string, given: Given, world: World): Promise<StoredToken> {
  const password = await readSecret('password', `Password of ${name}: `, given, world)
  const answer = await apiOf(server, world, {}).send('login', { body: { name, password } })
  return tokenOfSession(server, answer, given, world)
}

/** A session is for browsers: it makes a token, and is ended. */
async function tokenOfSession(
  server: string,
  answer: Awaited<ReturnType<Api['send']>>,
  given: Given,
  world: World,
): Promise<StoredToken> {
  const me = JSON.parse(answer.text) as Answer<'login'>
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const session = apiOf(server, world, { cookie, 'x-octopus-csrf': me.csrfToken ?? '' })
  const expiresInSeconds = (given.number('days') ?? TOKEN_DAYS) * 86_400
  const body = { name: `octopus login on ${hostname()}`.slice(0, 100), role: me.role, expiresInSeconds }
  const { token, id } = await session.call('createApiToken', { body })
  await session.call('logout', {})
  return { token, id }
}

async function keep(server: string, stored: StoredToken, world: World): Promise<number> {
  const me = await apiOf(server, world, { authorization: `Bearer ${stored.token}` }).call('me', {})
  const file = credentialsFile(world)
  const { tokens } = await readCredentials(file)
  await writeCredentials(file, { server, tokens: { ...tokens, [server]: stored } })
  world.err.write(`Signed in to ${server} as ${visible(me.name)} (${me.role}). The token is kept in ${file}.\n`)
  return EXIT.done
}
