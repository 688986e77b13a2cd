import { refusal } from '@octopus/protocol/errors.ts'

/**
 * Output is kept less firmly than all else: a damaged page in its file costs the output that stands on it, and must
 * neither end the server nor keep results from being stored.
 */
export function damagedOutput(cause: unknown): Error {
  const error = refusal('OUTPUT_DAMAGED')
  error.cause = cause
  return error
}
