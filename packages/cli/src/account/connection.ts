import { type Api, createApi } from '@octopus/api-client/api.ts'

import type { Given } from '#command-line/given.ts'
import { UsageError } from '#command-line/usage-error.ts'
import type { World } from '#world.ts'

import { type Credentials, credentialsFile, readCredentials } from './credentials.ts'

/** Which server is meant, which token is sent, and who said so. */
export interface Connection {
  readonly server: string
  readonly serverFrom: string
  readonly token: string | undefined
  readonly tokenFrom: string
}

const API_TOKEN = /^octo_/

/**
 * `--server` before `OCTOPUS_SERVER` before the last `octopus login`. A stored token goes only to the server that gave
 * it. `OCTOPUS_TOKEN` may also hold an enrolment token, which the client reads: that one is no API token.
 * `OCTOPUS_API_TOKEN` holds nothing else: whoever mistypes it must not be somebody else's sign-in without a word.
 */
export function chooseConnection(
  flag: string | undefined,
  env: World['env'],
  stored: Credentials,
  file: string,
): Connection | undefined {
  const [given, serverFrom] = flag
    ? [flag, '--server']
    : env['OCTOPUS_SERVER']
      ? [env['OCTOPUS_SERVER'], 'OCTOPUS_SERVER']
      : [stored.server, file]
  if (given === null) return undefined
  const server = serverAddress(given, serverFrom)
  for (const name of ['OCTOPUS_API_TOKEN', 'OCTOPUS_TOKEN']) {
    const token = env[name]?.trim()
    if (token && API_TOKEN.test(token)) return { server, serverFrom, token, tokenFrom: name }
    if (token && name === 'OCTOPUS_API_TOKEN') {
      throw new UsageError(
        'OCTOPUS_API_TOKEN holds no API token: those begin with octo_. Set it to one ("octopus token create"), or unset it.',
      )
    }
  }
  const kept = Object.hasOwn(stored.tokens, server) ? stored.tokens[server] : undefined
  return { server, serverFrom, token: kept?.token, tokenFrom: kept ? file : 'nowhere' }
}

/** One way to write each address, so that a token is found again. */
export function serverAddress(text: string, from: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new UsageError(`${from} is "${text.slice(0, 200)}"; it must be an address like https://octopus.example.com`)
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** The connection that the command line, the environment and the last sign-in lead to. */
export async function findConnection(given: Given, world: World): Promise<Connection> {
  const file = credentialsFile(world)
  const connection = chooseConnection(given.text('server'), world.env, await readCredentials(file), file)
  if (connection) return connection
  throw new UsageError('No server is known. Sign in with "octopus login --server URL", or set OCTOPUS_SERVER.')
}

/** The API as the user who is signed in. */
export async function openApi(given: Given, world: World): Promise<Api> {
  const { server, token } = await findConnection(given, world)
  if (token === undefined) {
    throw new UsageError(
      `There is no token for ${server}. Sign in with "octopus login --server ${server}", or set OCTOPUS_TOKEN.`,
    )
  }
  return apiOf(server, world, { authorization: `Bearer ${token}` })
}

export function apiOf(server: string, world: World, headers: Readonly<Record<string, string>>): Api {
  return createApi({ server, headers, fetch: world.fetch, clock: world.clock, random: world.random })
}
