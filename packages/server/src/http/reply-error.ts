import { STATUS_CODES } from 'node:http'

import type { IdMaker } from '@octopus/kit/ids.ts'
import { writeJson } from '@octopus/kit/json-text.ts'
import type { Log } from '@octopus/kit/log.ts'
import { invalidRequest, OctopusError, refusal } from '@octopus/protocol/errors.ts'
import { BODY_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface ErrorNeeds {
  readonly log: Log
  readonly ids: IdMaker
}

/** Answers any failure as problem+json. What nobody expected gets a number, and its details go into the log only. */
export function replyError(needs: ErrorNeeds, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refused = toRefusal(error, request) ?? unexpected(needs, error, request)
  if (refused.status >= 500 && refused.code !== 'INTERNAL') {
    needs.log.warn('request failed', { code: refused.code, method: request.method, path: pathOf(request) })
  }
  const { seconds, allowed } = refused.details
  if (refused.code === 'TOO_MANY_REQUESTS') reply.header('retry-after', String(seconds))
  if (refused.status === 503) reply.header('retry-after', '2')
  if (refused.code === 'NOT_SIGNED_IN') reply.header('www-authenticate', 'Bearer realm="octopus"')
  if (refused.code === 'METHOD_NOT_ALLOWED') reply.header('allow', String(allowed))
  if (refused.code === 'BODY_TOO_LARGE') readToItsEnd(request, reply)
  reply
    .code(refused.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(problemText(refused))
}

/**
 * Throws away what still comes of a body, for as long as a request may take, or until the server stops. A connection that is closed while
 * somebody sends is reset under the answer, which then is never seen (RFC 9112, 9.6).
 */
function readToItsEnd(request: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader('connection')
  request.raw.resume()
}

export function problemText(refused: OctopusError): string {
  return writeJson({
    type: `/api/docs#${refused.code}`,
    title: STATUS_CODES[refused.status] ?? '',
    status: refused.status,
    code: refused.code,
    detail: refused.message,
    ...(refused.fields.length > 0 && { fields: refused.fields }),
    ...(refused.current && { current: refused.current }),
  })
}

export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]?.slice(0, 200) ?? ''
}

/** Failures of the plumbing in our words; undefined for what nobody expected. */
function toRefusal(error: unknown, request: FastifyRequest): OctopusError | undefined {
  if (error instanceof OctopusError) return error.code === 'INTERNAL' ? undefined : error
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return refusal('BODY_TOO_LARGE', { limitBytes: request.routeOptions.bodyLimit ?? BODY_BYTES_MAX })
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || code === 'FST_ERR_CTP_INVALID_TYPE') {
    return refusal('WRONG_CONTENT_TYPE', { contentType: (request.headers['content-type'] ?? 'none').slice(0, 100) })
  }
  if (typeof code === 'string' && code.startsWith('FST_ERR_CTP_')) {
    return invalidRequest('body', [{ field: '', message: 'does not have the length that it was announced with' }])
  }
  if (code === 'FST_ERR_BAD_URL') {
    return invalidRequest('path', [{ field: '', message: 'has a % that is no part of an encoded character' }])
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) return invalidRequest('request', [])
  return undefined
}

function unexpected(needs: ErrorNeeds, error: unknown, request: FastifyRequest): OctopusError {
  const id = needs.ids.next()
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error)
  needs.log.error('request broke', { id, method: request.method, path: pathOf(request), error: details })
  return refusal('INTERNAL', { id })
}
