import { ApiError, toApiError } from '@octopus/api-client/api-error.ts'
import {
  addressOf,
  type Answer,
  type OperationName,
  type PlainRequest,
  type Request,
} from '@octopus/api-client/request.ts'
import { OPERATIONS } from '@octopus/api-client/schema.ts'

/** Proof that a changing request comes from this page; `GET /me` and the sign-in routes tell it. */
let csrfToken: string | null = null

export function rememberCsrfToken(token: string | null): void {
  csrfToken = token
}

/** Refusals that a fresh token mends: somebody signed in again in another tab. */
const STALE_SESSION = new Set(['CSRF', 'NOT_SIGNED_IN'])

type Parts = PlainRequest & { readonly body?: unknown; readonly revision?: number }

/** Calls an operation of the API. Throws an ApiError when it is refused or the server cannot be reached. */
export async function call<N extends OperationName>(
  name: N,
  request: Request<N>,
  signal?: AbortSignal,
): Promise<Answer<N>> {
  const parts = request as Parts
  try {
    return await callOnce(name, parts, signal)
  } catch (error) {
    const stale = error instanceof ApiError && STALE_SESSION.has(error.code)
    if (!stale || csrfToken === null || OPERATIONS[name][0] === 'GET') throw error
    rememberCsrfToken((await callOnce('me', {}, signal)).csrfToken)
    return callOnce(name, parts, signal)
  }
}

async function callOnce<N extends OperationName>(name: N, parts: Parts, signal?: AbortSignal): Promise<Answer<N>> {
  const [method, path] = OPERATIONS[name]
  const response = await send(addressOf(path, parts), {
    method,
    headers: headersOf(method, parts),
    ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
    ...(signal ? { signal } : {}),
  })
  const body = await readBody(response)
  if (!response.ok) throw toApiError(response.status, body)
  return body as Answer<N>
}

function headersOf(method: string, { body, revision }: Parts): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (method !== 'GET' && csrfToken !== null) headers['x-octopus-csrf'] = csrfToken
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (revision !== undefined) headers['if-match'] = `"${revision}"`
  return headers
}

async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...init, credentials: 'same-origin' })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new ApiError(0, 'OFFLINE', 'The server cannot be reached. Check the connection and try again.')
  }
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
