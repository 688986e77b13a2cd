import type { FastifyRequest } from 'fastify'

/** A name or an address, and a port. URLs allow much more (`'`, `$`, `;`), which would mean something in a script. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/** Pure: the origin that a Host header means, or undefined if it is none that a browser or a person could have meant. */
export function originOf(host: string | undefined, secure: boolean): string | undefined {
  if (host === undefined || !HOST.test(host)) return undefined
  const origin = `${secure ? 'https' : 'http'}://${host}`
  return URL.canParse(origin) ? new URL(origin).origin : undefined
}

/** How the caller reaches this server, as far as its request can be believed; it goes into links and scripts. */
export function originOfRequest(request: FastifyRequest, secure: boolean): string | undefined {
  return originOf(request.headers.host, secure || request.protocol === 'https')
}
