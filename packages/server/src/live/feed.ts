import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import type { Facts, ServerBus } from './facts.ts'
import { NEWS, type News } from './topics.ts'

/** The open end of a stream, as the feed needs it. */
export interface StreamSink {
  write(text: string): void
  end(): void
  /** Bytes that the reader has not taken yet. */
  bufferedBytes(): number
}

export interface Subscription {
  readonly topics: ReadonlySet<string>
  /** Who watches: streams are counted per caller. */
  readonly caller: string
  /** Whether the caller may still watch. */
  stillThere(): Promise<boolean>
}

export interface Feed extends AsyncDisposable {
  /** Begins a stream; answers what to do when its reader has gone. Throws TOO_MANY_REQUESTS when there are too many. */
  open(subscription: Subscription, sink: StreamSink): () => void
  streamCount(): number
}

/** At most four events a second per stream: a person does not read faster, and every event makes a page read again. */
const EVENT_MS_MIN: Ms = 250
/** Proxies close what is silent; and a reader that is gone is noticed by writing to it. */
const HEARTBEAT_MS: Ms = 15_000
/** So often a stream's caller is looked up again, besides at every change of a user. */
const CHECK_EVERY_HEARTBEATS = 4
/** A reader that has not taken so much is cut off; it reads everything again when it comes back. */
const BUFFER_BYTES_MAX = 65_536
/** Browser tabs of one person; they share one stream where the browser can. */
const STREAMS_PER_CALLER_MAX = 20
const STREAMS_MAX = 5_000

interface FeedNeeds {
  readonly bus: Pick<ServerBus, 'on'>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** Tells pages which of the things they show have news. No replay: who reconnects reads again. */
export function createFeed(needs: FeedNeeds): Feed {
  const { bus, onError } = needs
  const streams = new Set<Stream>()
  /** kind → id → streams; whole topics stand under the kind ''. */
  const watched = new Map<string, Map<string, Set<Stream>>>()

  const index = (stream: Stream): void => {
    for (const topic of stream.topics) {
      const [kind, id] = split(topic)
      const ids = watched.get(kind) ?? new Map<string, Set<Stream>>()
      watched.set(kind, ids)
      ids.set(id, (ids.get(id) ?? new Set()).add(stream))
    }
  }
  const unindex = (stream: Stream): void => {
    for (const topic of stream.topics) {
      const [kind, id] = split(topic)
      const set = watched.get(kind)?.get(id)
      set?.delete(stream)
      if (set?.size === 0) watched.get(kind)?.delete(id)
    }
  }
  const tell = (news: News): void => {
    for (const topic of news.topics) for (const stream of watched.get('')?.get(topic) ?? []) stream.changed(topic)
    for (const [kind, ids] of Object.entries(news.things ?? {})) {
      const watchers = watched.get(kind)
      if (!watchers || watchers.size === 0) continue
      for (const id of ids) for (const stream of watchers.get(id) ?? []) stream.changed(`${kind}:${id}`)
    }
    for (const kind of news.kinds ?? []) {
      for (const [id, set] of watched.get(kind) ?? []) for (const stream of set) stream.changed(`${kind}:${id}`)
    }
  }
  const stops = (Object.keys(NEWS) as (keyof Facts)[]).map((name) =>
    bus.on(name, (fact) => {
      // Nobody watches, nothing is done.
      if (streams.size > 0) tell((NEWS[name] as (fact: unknown) => News)(fact))
    }),
  )
  stops.push(
    bus.on('users-changed', () => {
      for (const stream of streams) stream.check()
    }),
  )

  return {
    open: (subscription, sink) => {
      const own = [...streams].filter(({ caller }) => caller === subscription.caller).length
      if (own >= STREAMS_PER_CALLER_MAX || streams.size >= STREAMS_MAX)
        throw refusal('TOO_MANY_REQUESTS', { seconds: 10 })
      const stream = new Stream(subscription, sink, needs)
      streams.add(stream)
      index(stream)
      stream.run().then(
        () => {},
        (error: unknown) => onError(error),
      )
      void stream.ended.then(() => {
        streams.delete(stream)
        unindex(stream)
      })
      return () => stream.end()
    },
    streamCount: () => streams.size,
    [Symbol.asyncDispose]: async () => {
      for (const stop of stops) stop()
      const all = [...streams]
      for (const stream of all) stream.end()
      await Promise.all(all.map(({ ended }) => ended))
    },
  }
}

/** `task:ID` → its kind and id; `tasks` → no kind. */
function split(topic: string): [kind: string, id: string] {
  const colon = topic.indexOf(':')
  return colon < 0 ? ['', topic] : [topic.slice(0, colon), topic.slice(colon + 1)]
}

/** One reader: what it has not been told yet, and its own pace. */
class Stream {
  readonly topics: ReadonlySet<string>
  readonly caller: string
  readonly ended: Promise<void>
  readonly #subscription: Subscription
  readonly #sink: StreamSink
  readonly #needs: FeedNeeds
  readonly #life = new AbortController()
  readonly #news = new Set<string>()
  #quietUntil: Ms
  #waiting = false

  constructor(subscription: Subscription, sink: StreamSink, needs: FeedNeeds) {
    this.topics = subscription.topics
    this.caller = subscription.caller
    this.#subscription = subscription
    this.#sink = sink
    this.#needs = needs
    this.#quietUntil = needs.clock.monotonic()
    this.ended = new Promise((resolve) => {
      this.#life.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** Heartbeats, until it ends. */
  async run(): Promise<void> {
    const { signal } = this.#life
    this.#write(': here\n\n')
    for (let beat = 1; !signal.aborted; beat++) {
      await this.#needs.clock.after(HEARTBEAT_MS, signal).catch(() => {})
      if (signal.aborted) return
      this.#write(': still here\n\n')
      if (beat % CHECK_EVERY_HEARTBEATS === 0) this.check()
    }
  }

  changed(topic: string): void {
    this.#news.add(topic)
    if (this.#waiting) return
    this.#waiting = true
    void this.#tellSoon()
  }

  /** Ends the stream if its caller may not watch any more. When that cannot be found out, it is asked again later. */
  check(): void {
    this.#subscription.stillThere().then(
      (there) => {
        if (!there) this.end()
      },
      (error: unknown) => this.#needs.onError(error),
    )
  }

  end(): void {
    if (this.#life.signal.aborted) return
    this.#life.abort(new Error('the stream has ended'))
    this.#sink.end()
  }

  /** The first news at once, what follows within the pace together. */
  async #tellSoon(): Promise<void> {
    const { clock } = this.#needs
    const wait = Math.max(0, this.#quietUntil - clock.monotonic())
    await (wait > 0 ? clock.after(wait, this.#life.signal).catch(() => {}) : Promise.resolve())
    this.#waiting = false
    if (this.#life.signal.aborted || this.#news.size === 0) return
    this.#quietUntil = clock.monotonic() + EVENT_MS_MIN
    this.#write(`event: changed\ndata: ${JSON.stringify({ topics: [...this.#news].sort() })}\n\n`)
    this.#news.clear()
  }

  #write(text: string): void {
    if (this.#life.signal.aborted) return
    this.#sink.write(text)
    if (this.#sink.bufferedBytes() > BUFFER_BYTES_MAX) this.end()
  }
}
