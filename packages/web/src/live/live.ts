import type { Query, QueryClient } from '@tanstack/react-query'

import { SharedStream } from './shared-stream.ts'
import type { LiveState } from './stream.ts'
import { askedTopics, concerns, topicOf } from './topics.ts'

/** At most four times a second: more nobody can read, and every reading costs the server a query. */
const READ_AGAIN_MS = 250
/** While no events arrive, what is shown is read again this often. */
const FALLBACK_MS = 15_000

/**
 * Keeps what is shown true: watches the topics of the queries that components use right now, and reads them again when
 * the server says that they have news.
 */
export class Live {
  readonly #queries: QueryClient
  readonly #stream: SharedStream
  readonly #subscribers = new Set<() => void>()
  readonly #pending = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #awake = false
  #state: LiveState = { kind: 'idle', since: Date.now() }

  constructor(queries: QueryClient) {
    this.#queries = queries
    this.#stream = new SharedStream({
      changed: (topics) => this.#readSoon(topics),
      missed: (topics) => this.#readSoon(topics ?? this.#shownTopics()),
      state: (state) => this.#setState(state),
    })
  }

  /** Begins to watch, for as long as the page lives. */
  start(): void {
    this.#queries.getQueryCache().subscribe((event) => {
      if (event.type === 'observerAdded' || event.type === 'observerRemoved') this.#stream.watch(this.#shownTopics())
    })
    document.addEventListener('visibilitychange', () => this.#follow())
    setInterval(() => {
      if (this.#state.kind === 'reconnecting' && document.visibilityState === 'visible') {
        this.#readSoon(this.#shownTopics())
      }
    }, FALLBACK_MS)
  }

  /** Somebody is signed in: follow the news while the tab is visible. */
  wake(): void {
    this.#awake = true
    this.#follow()
  }

  /** Nobody is: a stream would only be refused. */
  rest(): void {
    this.#awake = false
    this.#stream.leave()
    this.#setState({ kind: 'idle', since: Date.now() })
  }

  #follow(): void {
    if (!this.#awake) return
    if (document.visibilityState === 'hidden') return this.#stream.leave()
    this.#stream.join()
    this.#readSoon(this.#shownTopics())
  }

  readonly state = (): LiveState => this.#state

  readonly subscribe = (subscriber: () => void): (() => void) => {
    this.#subscribers.add(subscriber)
    return () => this.#subscribers.delete(subscriber)
  }

  #setState(state: LiveState): void {
    this.#state = state
    for (const subscriber of this.#subscribers) subscriber()
  }

  #shown(): readonly Query[] {
    return this.#queries.getQueryCache().findAll({ type: 'active' })
  }

  #shownTopics(): readonly string[] {
    return this.#shown().flatMap((query) => topicOf(query.queryKey) ?? [])
  }

  #readSoon(topics: readonly string[]): void {
    for (const topic of topics) this.#pending.add(topic)
    if (this.#pending.size === 0 || this.#timer !== undefined) return
    this.#timer = setTimeout(() => this.#readNow(), READ_AGAIN_MS)
  }

  /** A query that is being read is left to finish and read once more after: its answer may be older than the news. */
  #readNow(): void {
    this.#timer = undefined
    const topics = [...this.#pending]
    this.#pending.clear()
    const asked = new Set(askedTopics(this.#shownTopics()))
    const again: string[] = []
    for (const query of this.#shown()) {
      const own = topicOf(query.queryKey)
      if (own === undefined || !topics.some((topic) => concerns(topic, own, asked))) continue
      if (query.state.fetchStatus === 'fetching') again.push(own)
      else void this.#queries.invalidateQueries({ queryKey: query.queryKey, exact: true })
    }
    this.#readSoon(again)
  }
}
