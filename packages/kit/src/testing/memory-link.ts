import type { Clock, Ms } from '#clock.ts'
import type { Link, LinkEvents } from '#link.ts'

/** One direction of a wire, with everything that can go wrong in it. */
export interface Lane {
  /** How long each message is under way. A shorter one never overtakes a longer one, as in TCP. */
  delayMs: Ms
  /** While true nothing arrives and nothing is lost: a partition, or a peer that does not read. Set to false, all of it arrives. */
  stalled: boolean
  /** How often a message arrives: 0 loses it. TCP does neither; programs in between do. */
  copies: (text: string) => number
  /** True lets the message arrive after the next one. */
  late: (text: string) => boolean
  /** Sees each message as it is sent, also those that never arrive. */
  watch: ((text: string) => void) | undefined
}

/** One end of a wire. `attach` gives the link; until then what arrives waits. */
export interface WireEnd {
  attach(events: LinkEvents): Link
}

/**
 * An in-memory connection, as TCP has them: what an end sent before it closed still arrives, then the other end hears
 * of the close; what was under way to the end that closed is thrown away at once.
 */
export interface MemoryWire {
  readonly client: WireEnd
  readonly server: WireEnd
  readonly toClient: Lane
  readonly toServer: Lane
  /** The connection breaks: both ends hear of it, what is under way is lost. */
  cut(reason: string): void
  /** Neither end has closed it. */
  isOpen(): boolean
}

export function createMemoryWire(clock: Clock): MemoryWire {
  const toClient = new FullLane(clock)
  const toServer = new FullLane(clock)
  const end = (from: FullLane, to: FullLane): WireEnd => ({
    attach: (events) => {
      from.attach(events)
      return {
        send: (text) => to.send(text),
        close: (reason) => {
          from.cut(reason)
          to.closeAfterLast(reason)
        },
        bufferedBytes: () => to.waitingBytes(),
      }
    },
  })
  return {
    client: end(toClient, toServer),
    server: end(toServer, toClient),
    toClient,
    toServer,
    cut: (reason) => {
      toClient.cut(reason)
      toServer.cut(reason)
    },
    isOpen: () => toClient.isOpen() && toServer.isOpen(),
  }
}

class FullLane implements Lane {
  delayMs = 0
  copies: Lane['copies'] = () => 1
  late: Lane['late'] = () => false
  watch: Lane['watch']
  readonly #clock: Clock
  readonly #life = new AbortController()
  #events: LinkEvents | undefined
  #queue: { readonly text: string; readonly dueMs: Ms }[] = []
  #overtaken: string[] = []
  #stalled = false
  #closing: string | undefined
  #told = false
  #draining = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get stalled(): boolean {
    return this.#stalled
  }

  set stalled(value: boolean) {
    this.#stalled = value
    void this.#drain()
  }

  isOpen(): boolean {
    return this.#closing === undefined
  }

  attach(events: LinkEvents): void {
    this.#events = events
    void this.#drain()
  }

  send(text: string): void {
    if (!this.isOpen()) return
    this.watch?.(text)
    if (this.late(text)) {
      this.#overtaken.push(text)
      return
    }
    this.#put(text)
    for (const older of this.#overtaken.splice(0)) this.#put(older)
    void this.#drain()
  }

  closeAfterLast(reason: string): void {
    this.#closing ??= reason
    void this.#drain()
  }

  cut(reason: string): void {
    this.#queue = []
    this.#stalled = false
    this.#life.abort(new Error(reason))
    this.closeAfterLast(reason)
  }

  waitingBytes(): number {
    return this.#queue.reduce((bytes, message) => bytes + Buffer.byteLength(message.text), 0)
  }

  #put(text: string): void {
    const dueMs = Math.max(this.#clock.monotonic() + this.delayMs, this.#queue.at(-1)?.dueMs ?? 0)
    for (let copy = 0; copy < this.copies(text); copy++) this.#queue.push({ text, dueMs })
  }

  /** Hands over what is due, one after the other, and waits for what is not. */
  async #drain(): Promise<void> {
    if (this.#draining) return
    this.#draining = true
    while (this.#events !== undefined && !this.#stalled && !this.#told) {
      const wait = this.#waitMs()
      if (wait > 0) await this.#clock.after(wait, this.#life.signal).catch(() => {})
      else await Promise.resolve()
      if (this.#stalled) break
      if (this.#waitMs() > 0) continue
      const message = this.#queue.shift()
      if (message) this.#events.message(message.text)
      else if (this.#closing === undefined) break
      else this.#tell(this.#events, this.#closing)
    }
    this.#draining = false
  }

  #waitMs(): Ms {
    return (this.#queue[0]?.dueMs ?? 0) - this.#clock.monotonic()
  }

  #tell(events: LinkEvents, reason: string): void {
    this.#told = true
    events.closed(reason)
  }
}
