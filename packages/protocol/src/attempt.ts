import { Type, type Static } from 'typebox'

import { ExecutionIdSchema } from './ids.ts'
import { Strict } from './schema.ts'

/**
 * One store-wide number that rises at every hand-over. What carries an old fence can never speak for a newer one.
 * Stays below 2^53 even after many restores (each goes to the clock's milliseconds × 1,024, or adds 2^32).
 */
export const FenceSchema = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
export const AttemptNumberSchema = Type.Integer({ minimum: 1, maximum: 10_000 })
/** HMAC-SHA256 by the server over execution, fence and client, base64url: proves that this server handed the fence out to this client. */
export const FenceProofSchema = Type.String({ minLength: 43, maxLength: 43, pattern: '^[A-Za-z0-9_-]{43}$' })

/** Names one attempt in every message about it. */
export const attemptKey = {
  execution: ExecutionIdSchema,
  attempt: AttemptNumberSchema,
  fence: FenceSchema,
}
export const AttemptKeySchema = Strict(attemptKey)
export type AttemptKey = Static<typeof AttemptKeySchema>
