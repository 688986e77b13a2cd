import { invalidRequest, refusal } from '@octopus/protocol/errors.ts'
import type { FastifyInstance } from 'fastify'

import { readJson } from './raw-json.ts'

/** A body as the content type parser leaves it. */
export interface Body {
  readonly value: unknown
  readonly texts: ReadonlyMap<string, string>
}

export const NO_BODY: Body = { value: {}, texts: new Map() }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** JSON in UTF-8 is the only body there is. */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
    try {
      done(null, readBody(bytes as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
}

function readBody(bytes: Buffer): Body {
  if (bytes.length === 0) return NO_BODY
  const read = readJson(decode(bytes))
  if (!('kind' in read)) return read
  if (read.kind === 'not-json') throw refusal('NOT_JSON', { reason: read.reason })
  throw invalidRequest('body', [{ field: read.at, message: read.message }])
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw refusal('NOT_JSON', { reason: 'it is not UTF-8' })
  }
}
