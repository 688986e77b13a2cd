import { Stream, type LiveState, type StreamListener } from './stream.ts'

type Message =
  | { readonly kind: 'watch'; readonly tab: string; readonly topics: readonly string[] }
  | { readonly kind: 'gone'; readonly tab: string }
  | { readonly kind: 'who' }
  | { readonly kind: 'changed'; readonly topics: readonly string[] }
  | { readonly kind: 'missed'; readonly topics: readonly string[] | undefined }
  | { readonly kind: 'state'; readonly state: LiveState }

const NAME = 'octopus-live'

/**
 * The visible tabs of a browser share one stream (HTTP/1.1 allows six connections): the one that holds the lock has it,
 * watches what all of them show, and passes the news on. Where the browser offers no locks (plain HTTP off this
 * machine), each tab has its own.
 */
export class SharedStream {
  readonly #tab = crypto.randomUUID?.() ?? String(performance.timeOrigin)
  readonly #listener: StreamListener
  readonly #channel = new BroadcastChannel(NAME)
  readonly #others = new Map<string, readonly string[]>()
  #own: readonly string[] = []
  #stream: Stream | undefined
  #leave: AbortController | undefined
  #state: LiveState = { kind: 'idle', since: Date.now() }

  constructor(listener: StreamListener) {
    this.#listener = listener
    this.#channel.addEventListener('message', (event: MessageEvent<Message>) => this.#heard(event.data))
  }

  watch(topics: readonly string[]): void {
    this.#own = topics
    this.#apply()
  }

  /** The tab is visible: take part. */
  join(): void {
    if (this.#leave) return
    const leave = new AbortController()
    this.#leave = leave
    this.#apply()
    if (!('locks' in navigator)) return this.#lead()
    const lead = (): Promise<void> => {
      this.#lead()
      return new Promise((resolve) => leave.signal.addEventListener('abort', () => resolve()))
    }
    // Rejects only because the tab was hidden while it waited for its turn.
    navigator.locks.request(NAME, { signal: leave.signal }, lead).catch(() => undefined)
  }

  /** The tab is hidden: hold no connection and let another tab lead. */
  leave(): void {
    this.#leave?.abort()
    this.#leave = undefined
    this.#stream?.close()
    this.#stream = undefined
    this.#tell({ kind: 'gone', tab: this.#tab })
  }

  #lead(): void {
    this.#stream = new Stream({
      changed: (topics) => {
        this.#listener.changed(topics)
        this.#tell({ kind: 'changed', topics })
      },
      missed: (topics) => {
        this.#listener.missed(topics)
        this.#tell({ kind: 'missed', topics })
      },
      state: (state) => {
        this.#state = state
        this.#listener.state(state)
        this.#tell({ kind: 'state', state })
      },
    })
    this.#others.clear()
    this.#tell({ kind: 'who' })
    this.#apply()
  }

  #apply(): void {
    if (!this.#leave) return
    if (this.#stream) this.#stream.watch([...this.#own, ...[...this.#others.values()].flat()])
    else this.#tell({ kind: 'watch', tab: this.#tab, topics: this.#own })
  }

  #heard(message: Message): void {
    if (!this.#leave) return
    if (this.#stream) return this.#heardAsLeader(message)
    if (message.kind === 'who') this.#apply()
    if (message.kind === 'changed') this.#listener.changed(message.topics)
    if (message.kind === 'missed') this.#listener.missed(message.topics)
    if (message.kind === 'state') this.#listener.state(message.state)
  }

  #heardAsLeader(message: Message): void {
    if (message.kind === 'watch') this.#others.set(message.tab, message.topics)
    else if (message.kind === 'gone') this.#others.delete(message.tab)
    else return
    this.#tell({ kind: 'state', state: this.#state })
    this.#apply()
  }

  #tell(message: Message): void {
    this.#channel.postMessage(message)
  }
}
