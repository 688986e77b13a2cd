import { timingSafeEqual } from 'node:crypto'

import { refusal } from '@octopus/protocol/errors.ts'

import { csrfTokenOf } from '#users/secret.ts'

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A browser says from where a request comes. What another site caused is refused, also for signing in: nobody shall be
 * signed in as somebody else without noticing. Programs send neither header.
 */
export function refuseForeignOrigin(headers: Headers): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw refusal('CSRF')
  const origin = headers['origin']
  if (origin !== undefined && !isOwn(String(origin), String(headers['host'] ?? ''))) throw refusal('CSRF')
}

/** With a cookie alone a request proves nothing: the page must also send what only it can know. */
export function refuseWithoutCsrfToken(headers: Headers, sessionToken: string): void {
  const given = Buffer.from(String(headers['x-octopus-csrf'] ?? ''))
  const expected = Buffer.from(csrfTokenOf(sessionToken))
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw refusal('CSRF')
}

/** The same host and port as the request went to; the scheme's own port may be written or not. */
function isOwn(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, host: from } = new URL(origin)
  const to = `${protocol}//${host}`
  return /^https?:$/.test(protocol) && URL.canParse(to) && new URL(to).host === from
}
