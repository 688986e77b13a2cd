import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { Access } from '@octopus/protocol/rest/routes.ts'
import type { Role } from '@octopus/protocol/roles.ts'

import type { Door } from '#delivery/door.ts'
import { mayAct } from '#users/access.ts'
import { SESSION_IDLE_MS, SESSION_MS_MAX } from '#users/sign-in.ts'
import type { Caller, UserStore } from '#users/user-store.ts'

import { refuseForeignOrigin, refuseWithoutCsrfToken, type Headers } from './csrf.ts'
import type { ClientCaller, SignedIn, Stranger } from './route.ts'

export interface AuthNeeds {
  readonly store: Pick<UserStore, 'readSessionCaller' | 'readTokenCaller'>
  readonly door: Pick<Door, 'clientOfDownloadToken'>
  readonly clock: Pick<Clock, 'wall'>
  /** True when browsers reach this server by HTTPS. */
  readonly secure: boolean
}

export type Who = Stranger | SignedIn | ClientCaller

export interface Incoming {
  readonly method: string
  readonly headers: Headers
  /** As a trusted proxy says, or as the connection is. */
  readonly protocol: string
}

/** Who is calling, and may they? Throws the refusal if not. */
export async function authorise(needs: AuthNeeds, request: Incoming, access: Access): Promise<Who> {
  if (access === 'client-session') return clientOf(needs, request)
  const changes = request.method !== 'GET'
  const sessionToken = cookieOf(request.headers, cookieName(needs.secure || request.protocol === 'https'))
  const bearer = access === 'stranger' ? undefined : credentialsOf(request, 'Bearer')
  if (bearer === undefined && changes) refuseForeignOrigin(request.headers)
  if (access === 'stranger') return { sessionToken }
  const who = bearer === undefined ? await bySession(needs, sessionToken) : await byToken(needs, bearer)
  if (who.sessionToken !== undefined && changes) refuseWithoutCsrfToken(request.headers, who.sessionToken)
  refuseLesser(who, access)
  return who
}

function refuseLesser(who: Caller, needed: Role): void {
  if (!mayAct(who.role, needed)) throw refusal('NOT_ALLOWED', { role: needed })
}

async function bySession(needs: AuthNeeds, token: string | undefined): Promise<SignedIn> {
  if (token === undefined) throw refusal('NOT_SIGNED_IN')
  const sessionHash = sha256Hex(token)
  const read = (): Promise<Caller | null> =>
    needs.store.readSessionCaller({ now: needs.clock.wall(), sessionHash, idleMs: SESSION_IDLE_MS })
  const caller = await read()
  if (!caller) throw refusal('NOT_SIGNED_IN')
  return { ...caller, sessionToken: token, stillThere: async () => (await read()) !== null }
}

async function byToken(needs: AuthNeeds, token: string): Promise<SignedIn> {
  const tokenHash = sha256Hex(token)
  const read = (): Promise<Caller | null> => needs.store.readTokenCaller({ now: needs.clock.wall(), tokenHash })
  const caller = await read()
  if (!caller) throw refusal('WRONG_TOKEN')
  return { ...caller, sessionToken: undefined, stillThere: async () => (await read()) !== null }
}

/** A client's live session gives it a token for downloads: good for nothing else, and nothing else is good here. */
function clientOf(needs: AuthNeeds, request: Incoming): ClientCaller {
  const token = credentialsOf(request, 'Octopus-Session')
  const client = token === undefined ? undefined : needs.door.clientOfDownloadToken(token)
  if (client === undefined) throw refusal('WRONG_TOKEN')
  return { client }
}

/** Credentials of another scheme are none: a client's token is nothing to the API. */
function credentialsOf(request: Incoming, scheme: string): string | undefined {
  const header = request.headers['authorization']
  if (typeof header !== 'string') return undefined
  const space = header.indexOf(' ')
  const found = header.slice(0, space).toLowerCase() === scheme.toLowerCase()
  if (!found && scheme === 'Bearer') throw refusal('NOT_SIGNED_IN')
  return found ? header.slice(space + 1).trim() : undefined
}

/** `__Host-` makes browsers refuse the cookie from other hosts, paths and plain HTTP. */
function cookieName(secure: boolean): string {
  return secure ? '__Host-octopus_session' : 'octopus_session'
}

function cookieOf(headers: Headers, name: string): string | undefined {
  const header = headers['cookie']
  if (typeof header !== 'string') return undefined
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim() || undefined
  }
  return undefined
}

/** The header that begins a session in the browser, or ends it (undefined). */
export function sessionCookie(secure: boolean, token: string | undefined): string {
  const seconds = token === undefined ? 0 : SESSION_MS_MAX / 1_000
  const ends = secure ? '; Secure' : ''
  return `${cookieName(secure)}=${token ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${ends}`
}
