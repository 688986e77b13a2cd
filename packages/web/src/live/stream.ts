import { askedTopics, changedTopics } from './topics.ts'

/** `live`: events arrive. `reconnecting`: they may be missed since that time. `idle`: nothing is watched. */
export interface LiveState {
  readonly kind: 'live' | 'reconnecting' | 'idle'
  readonly since: number
}

export interface StreamListener {
  /** These topics have news. */
  changed(topics: readonly string[]): void
  /** News of these topics (all, if undefined) may have been missed: read again what is shown of them. */
  missed(topics: readonly string[] | undefined): void
  state(state: LiveState): void
}

/** Topics change while a page is being built; one stream for the finished page is enough. */
const SETTLE_MS = 60
/** After an answer that ends an EventSource for good, like 503: tried again this much later. */
const RETRY_MS = 4_000

/** One Server-Sent-Events connection to the server for a changing set of topics. */
export class Stream {
  readonly #listener: StreamListener
  #topics: readonly string[] = []
  #open: { readonly source: EventSource; readonly topics: readonly string[] } | undefined
  #opening: EventSource | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #lost = false

  constructor(listener: StreamListener) {
    this.#listener = listener
  }

  watch(topics: Iterable<string>): void {
    const asked = askedTopics(topics)
    if (asked.join() === this.#topics.join()) return
    this.#topics = asked
    this.#connectIn(SETTLE_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#opening?.close()
    this.#open?.source.close()
    this.#topics = []
    this.#open = undefined
    this.#opening = undefined
  }

  #connectIn(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connect(), ms)
  }

  /** The old stream stays until the new one is open, so that nothing is missed of the topics that both have. */
  #connect(): void {
    this.#opening?.close()
    this.#opening = undefined
    if (this.#topics.length === 0) {
      this.#open?.source.close()
      this.#open = undefined
      this.#listener.state({ kind: 'idle', since: Date.now() })
      return
    }
    const topics = this.#topics
    const source = new EventSource(`/api/v1/events?topics=${encodeURIComponent(topics.join(','))}`)
    this.#opening = source
    source.addEventListener('open', () => this.#opened(source, topics))
    source.addEventListener('changed', (event: MessageEvent<string>) =>
      this.#listener.changed(changedTopics(event.data)),
    )
    source.addEventListener('error', () => this.#failed(source))
  }

  #opened(source: EventSource, topics: readonly string[]): void {
    const before = this.#lost ? undefined : this.#open?.topics
    if (this.#open?.source !== source) this.#open?.source.close()
    if (this.#opening === source) this.#opening = undefined
    this.#open = { source, topics }
    this.#lost = false
    this.#listener.state({ kind: 'live', since: Date.now() })
    this.#listener.missed(before ? topics.filter((topic) => !before.includes(topic)) : undefined)
  }

  #failed(source: EventSource): void {
    if (!this.#lost) this.#listener.state({ kind: 'reconnecting', since: Date.now() })
    this.#lost = true
    if (source.readyState === EventSource.CLOSED) this.#connectIn(RETRY_MS)
  }
}
