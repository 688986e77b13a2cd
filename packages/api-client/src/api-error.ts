/** What is wrong with one field of a request, as the server names it. */
export interface FieldProblem {
  readonly field: string
  readonly message: string
}

/** A refusal of the server, or that it could not be reached (`OFFLINE`). `message` is written for people. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly fields: readonly FieldProblem[]
  /** How long the server asks to wait, where it said so. */
  retryAfterMs: number | undefined

  constructor(status: number, code: string, message: string, fields: readonly FieldProblem[] = []) {
    super(message)
    this.status = status
    this.code = code
    this.fields = fields
  }
}

/** The error of an answer: problem+json where the server wrote it, else a sentence of ours about the status. */
export function toApiError(status: number, body: unknown): ApiError {
  if (typeof body === 'object' && body !== null && 'code' in body && 'detail' in body) {
    const { code, detail } = body
    const fields = 'fields' in body && Array.isArray(body.fields) ? (body.fields as FieldProblem[]) : []
    return new ApiError(status, String(code), String(detail), fields)
  }
  return new ApiError(status, 'UNEXPECTED', `The server answered with status ${status} and no explanation.`)
}

/** The problem of one field, or of anything inside it; undefined when it is fine. */
export function problemOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  return error.fields.find((problem) => problem.field === field || problem.field.startsWith(`${field}.`))?.message
}
