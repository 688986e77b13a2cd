import { fullJitter } from '@octopus/kit/backoff.ts'
import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Random } from '@octopus/kit/random.ts'

import { ApiError, toApiError } from './api-error.ts'
import { eventTopics } from './event-stream.ts'
import { addressOf, type Answer, type OperationName, type PlainRequest, type Request } from './request.ts'
import { OPERATIONS } from './schema.ts'

/** A call with its types worn off, for callers that are driven by a table. */
export interface PlainCall extends PlainRequest {
  readonly body?: unknown
  /** The revision that the change was made on. */
  readonly revision?: number
  /** Sent as `Idempotency-Key`: the call may then be repeated when no answer came. */
  readonly key?: string
}

/** An answer as it came. */
export interface PlainAnswer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

export interface Api {
  readonly server: string
  /** Calls an operation; throws an ApiError when it is refused or no answer came (`OFFLINE`). */
  call<N extends OperationName>(
    name: N,
    request: Request<N> & { key?: string },
    signal?: AbortSignal,
  ): Promise<Answer<N>>
  /** The same by plain values, with the text of the answer as it came. */
  send(name: OperationName, request: PlainCall, signal?: AbortSignal): Promise<PlainAnswer>
  /** Every item of a list, page by page; reads no further than it is asked. */
  items<N extends ListName>(name: N, request: ListRequest<N>, signal?: AbortSignal): AsyncGenerator<ItemOf<N>>
  /** Which of the topics have news, until the stream ends. The first answer is empty: from then on nothing is missed. */
  events(topics: readonly string[], signal: AbortSignal): AsyncGenerator<readonly string[]>
}

/** Operations that answer in pages. */
export type ListName = {
  [N in OperationName]: Answer<N> extends { nextCursor: string | null } ? N : never
}[OperationName]
type ItemOf<N extends ListName> = Answer<N> extends { items: readonly (infer T)[] } ? T : never
type ListRequest<N extends ListName> = Omit<Request<N>, 'body'>

interface ApiNeeds {
  /** Address of the server; a path of a proxy before `/api` is kept. */
  readonly server: string
  /** Sent with every call: `authorization`, or cookie and proof of a session. */
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch: typeof fetch
  readonly clock: Pick<Clock, 'after'>
  readonly random: Random
}

/** An answer that has not come by then will not come. */
const ANSWER_MS_MAX: Ms = 60_000
/** What may be repeated is tried so often. */
const TRIES_MAX = 4
const BACKOFF = { baseMs: 250, capMs: 4_000 } as const
/** Waiting longer is for the caller to decide. */
const RETRY_AFTER_MS_MAX: Ms = 10_000
/** The server is away for a moment, or asks to come again. */
const PASSING = new Set([0, 429, 502, 503, 504])

export function createApi(needs: ApiNeeds): Api {
  const send: Api['send'] = async (name, request, signal) => {
    for (let tries = 1; ; tries++) {
      try {
        return await sendOnce(needs, name, request, signal)
      } catch (error) {
        const repeatable = OPERATIONS[name][0] === 'GET' || request.key !== undefined
        if (!(error instanceof ApiError) || !repeatable || !PASSING.has(error.status) || tries >= TRIES_MAX) throw error
        const wait = error.retryAfterMs ?? fullJitter(needs.random, tries, BACKOFF)
        if (wait > RETRY_AFTER_MS_MAX) throw error
        await needs.clock.after(wait, signal ?? new AbortController().signal)
      }
    }
  }
  const call: Api['call'] = async (name, request, signal) => {
    const { text } = await send(name, request, signal)
    return parsed(text) as Answer<typeof name>
  }
  return {
    server: needs.server,
    call,
    send,
    async *items(name, request, signal) {
      let cursor: string | null = null
      do {
        const query: Record<string, unknown> = { ...(request as PlainCall).query, ...(cursor !== null && { cursor }) }
        const plain = { ...request, query } as PlainCall
        const page = parsed((await send(name, plain, signal)).text) as { items: never[]; nextCursor: string | null }
        yield* page.items
        cursor = page.nextCursor
      } while (cursor !== null)
    },
    async *events(topics, signal) {
      const address = addressIn(needs.server, addressOf('/api/v1/events', { query: { topics: topics.join(',') } }))
      const response = await answerOf(needs, address, { headers: headersOf(needs, {}), signal })
      if (!response.ok || !response.body) throw toApiError(response.status, parsed(await response.text()))
      yield* eventTopics(response.body)
    },
  }
}

async function sendOnce(
  needs: ApiNeeds,
  name: OperationName,
  request: PlainCall,
  signal?: AbortSignal,
): Promise<PlainAnswer> {
  const [method, path] = OPERATIONS[name]
  const over = new AbortController()
  const late = new AbortController()
  void needs.clock.after(ANSWER_MS_MAX, over.signal).then(
    () => late.abort(new Error(`no answer within ${ANSWER_MS_MAX / 1_000} s`)),
    () => {},
  )
  try {
    const response = await answerOf(needs, addressIn(needs.server, addressOf(path, request)), {
      method,
      headers: headersOf(needs, request),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: AbortSignal.any([late.signal, ...(signal ? [signal] : [])]),
    })
    const text = await response.text()
    if (response.ok) return { status: response.status, text, headers: response.headers }
    const error = toApiError(response.status, parsed(text))
    error.retryAfterMs = retryAfterMs(response.headers)
    throw error
  } finally {
    over.abort(new Error('answered'))
  }
}

async function answerOf(needs: ApiNeeds, address: string, init: RequestInit): Promise<Response> {
  try {
    // A redirect would carry the token to whoever answers there.
    return await needs.fetch(address, { ...init, redirect: 'error' })
  } catch (error) {
    if (init.signal?.aborted && !isLate(init.signal.reason)) throw error
    throw new ApiError(0, 'OFFLINE', `The server ${needs.server} cannot be reached: ${reasonOf(error)}.`)
  }
}

function headersOf(needs: ApiNeeds, { body, revision, key }: PlainCall): Record<string, string> {
  return {
    accept: 'application/json',
    ...needs.headers,
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(revision !== undefined && { 'if-match': `"${revision}"` }),
    ...(key !== undefined && { 'idempotency-key': key }),
  }
}

/** The server may itself live below a path of a proxy. */
function addressIn(server: string, path: string): string {
  return new URL(path.slice(1), server.endsWith('/') ? server : `${server}/`).href
}

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function retryAfterMs(headers: Headers): Ms | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined
}

const isLate = (reason: unknown): boolean => reason instanceof Error && reason.message.startsWith('no answer within')

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  return [cause.message, code !== undefined && !cause.message.includes(code) ? code : '']
    .filter((part) => part !== '')
    .join(', ')
}
