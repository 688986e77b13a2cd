import { Type, type Static } from 'typebox'

import { ReportedSchema } from './from-client.ts'
import { ClientIdSchema } from './ids.ts'
import { OneOf, Strict } from './schema.ts'

/** `POST /client/v1/enroll`: first contact of a client. */
export const EnrollBodySchema = Strict({
  /** The secret of an enrolment token. */
  secret: Type.String({ minLength: 20, maxLength: 128 }),
  /** Ed25519 public key, raw 32 bytes, base64url. The private key never leaves the PC. */
  publicKey: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  name: Type.String({ minLength: 1, maxLength: 255 }),
  version: Type.String({ maxLength: 64 }),
  reported: ReportedSchema,
})
export type EnrollBody = Static<typeof EnrollBodySchema>

export const CLIENT_STATUSES = ['pending', 'approved', 'revoked'] as const
export type ClientStatus = (typeof CLIENT_STATUSES)[number]

export const EnrollAnswerSchema = Strict({
  clientId: ClientIdSchema,
  serverId: Type.String(),
  status: OneOf(CLIENT_STATUSES),
})
export type EnrollAnswer = Static<typeof EnrollAnswerSchema>

/** What an enrolment token holds, packed into one opaque text by `packToken`. */
export interface TokenParts {
  readonly server: string
  readonly secret: string
}

const TOKEN_PREFIX = 'octo1.'

/** One string to copy: server address and secret. */
export function packToken(parts: TokenParts): string {
  const base64 = btoa(JSON.stringify([parts.server, parts.secret]))
  return TOKEN_PREFIX + base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Undefined when the text is no enrolment token. */
export function unpackToken(text: string): TokenParts | undefined {
  const trimmed = text.trim()
  if (!trimmed.startsWith(TOKEN_PREFIX)) return undefined
  try {
    const base64 = trimmed.slice(TOKEN_PREFIX.length).replaceAll('-', '+').replaceAll('_', '/')
    const parts: unknown = JSON.parse(atob(base64))
    if (!Array.isArray(parts) || typeof parts[0] !== 'string' || typeof parts[1] !== 'string') return undefined
    return { server: parts[0], secret: parts[1] }
  } catch {
    return undefined
  }
}
