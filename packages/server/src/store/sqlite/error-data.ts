import { CATALOGUE, type ErrorCode, OctopusError } from '@octopus/protocol/errors.ts'
import type { Problem } from '@octopus/protocol/schema.ts'

/** An error as it crosses threads: prototypes do not. */
export type ErrorData =
  | { readonly code: ErrorCode; readonly message: string; readonly fields: readonly Problem[]; readonly cause?: string }
  | { readonly code: null; readonly name: string; readonly message: string; readonly stack: string }

export function toErrorData(error: unknown): ErrorData {
  if (error instanceof OctopusError) {
    const { code, message, fields, cause } = error
    return { code, message, fields, ...(cause instanceof Error && { cause: cause.message }) }
  }
  if (error instanceof Error) return { code: null, name: error.name, message: error.message, stack: error.stack ?? '' }
  return { code: null, name: 'Error', message: String(error), stack: '' }
}

export function fromErrorData(data: ErrorData): Error {
  if (data.code === null) {
    const error = new Error(data.message)
    error.name = data.name
    error.stack = data.stack
    return error
  }
  const error = new OctopusError(data.code in CATALOGUE ? data.code : 'INTERNAL', {}, data.fields)
  // The sentence was made where the values were known.
  error.message = data.message
  if (data.cause !== undefined) error.cause = data.cause
  return error
}
