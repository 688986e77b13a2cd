/** An answer that was no success. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  readonly code: string

  constructor(status: number, body: { code?: string; detail?: string }, what: string) {
    super(`${what}: ${status} ${body.code ?? ''} ${body.detail ?? ''}`)
    this.status = status
    this.code = body.code ?? ''
  }
}

/** Before a server that does not answer is asked again. */
const AWAY_MS = 200
/** Waiting for something that does not happen ends with what was seen last. */
const EVENTUALLY_MS_MAX = 60_000

// oxlint-disable-next-line typescript/no-explicit-any -- what a test reads of an answer; the schemas have tests of their own
export type Json = any

/** The HTTP API with one token, and its stream of events to wait on. */
export class Api {
  readonly url: string
  readonly token: string

  constructor(url: string, token: string) {
    this.url = url
    this.token = token
  }

  get = (path: string): Promise<Json> => this.#call('GET', path)
  /** With an idempotency key it may be said again when nobody knows whether it was heard. */
  post = (path: string, body?: object, key?: string): Promise<Json> => this.#call('POST', path, body, key)
  put = (path: string, body: object): Promise<Json> => this.#call('PUT', path, body)
  delete = (path: string): Promise<Json> => this.#call('DELETE', path)

  /** All items of a list, page by page. */
  async all(path: string): Promise<Json[]> {
    const items: Json[] = []
    let cursor = ''
    do {
      const separator = path.includes('?') ? '&' : '?'
      const page = await this.get(`${path}${separator}limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
      items.push(...page.items)
      cursor = page.nextCursor ?? ''
    } while (cursor)
    return items
  }

  /**
   * Checks, and checks again at every event of these topics, until the check answers something. A server that is away
   * for a while is waited for; a refusal is not.
   */
  async eventually<T>(
    topics: string,
    check: () => Promise<T | undefined | false>,
    timeoutMs = EVENTUALLY_MS_MAX,
  ): Promise<T> {
    const giveUp = AbortSignal.timeout(timeoutMs)
    let last: unknown
    while (!giveUp.aborted) {
      try {
        const answer = await this.#watch(topics, check, giveUp)
        if (answer !== undefined && answer !== false) return answer
      } catch (error) {
        if (error instanceof ApiError && error.status < 500) throw error
        last = error
        await new Promise((resolve) => setTimeout(resolve, AWAY_MS))
      }
    }
    throw new Error(`not within ${timeoutMs} ms (${topics}); last: ${String(last)}`)
  }

  /** Undefined when the stream ended before the check answered something. */
  async #watch<T>(topics: string, check: () => Promise<T>, giveUp: AbortSignal): Promise<T | undefined> {
    const stop = new AbortController()
    try {
      const stream = await this.#events(topics, AbortSignal.any([giveUp, stop.signal]))
      const reader = stream.getReader()
      for (;;) {
        const answer = await check()
        if (answer !== undefined && answer !== false) return answer
        if ((await reader.read()).done) return undefined
      }
    } finally {
      stop.abort()
    }
  }

  async #events(topics: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await fetch(`${this.url}/api/v1/events?topics=${encodeURIComponent(topics)}`, {
      headers: { authorization: `Bearer ${this.token}` },
      signal,
    })
    if (!response.ok || !response.body) {
      await response.body?.cancel()
      throw new Error(`events: ${response.status}`)
    }
    return response.body
  }

  async #call(method: string, path: string, body?: object, key?: string): Promise<Json> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const answer: Json = text === '' ? undefined : JSON.parse(text)
    if (!response.ok) throw new ApiError(response.status, answer ?? {}, `${method} ${path}`)
    return answer
  }
}
