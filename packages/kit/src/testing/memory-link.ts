import type { Clock, Ms } from '../clock.ts'
import type { Link, LinkEvents } from '../link.ts'

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

/** An in-memory connection. Each end keeps the promises of `Link`. */
export interface MemoryWire {
  readonly client: WireEnd
  readonly server: WireEnd
  readonly toClient: Lane
  readonly toServer: Lane
  /** The connection breaks: both ends hear of it, what is under way is lost. */
  cut(reason: string): void
  isOpen(): boolean
}

export function createMemoryWire(clock: Clock): MemoryWire {
  const life = new AbortController()
  const toClient = createLane(clock, life.signal)
  const toServer = createLane(clock, life.signal)
  const cut = (reason: string): void => {
    if (life.signal.aborted) return
    life.abort(new Error(reason))
    queueMicrotask(() => {
      toClient.closed(reason)
      toServer.closed(reason)
    })
  }
  const end = (from: FullLane, to: FullLane): WireEnd => ({
    attach: (events) => {
      from.attach(events)
      return { send: (text) => to.send(text), close: cut, bufferedBytes: () => to.waitingBytes() }
    },
  })
  return {
    client: end(toClient, toServer),
    server: end(toServer, toClient),
    toClient: toClient.lane,
    toServer: toServer.lane,
    cut,
    isOpen: () => !life.signal.aborted,
  }
}

interface FullLane {
  readonly lane: Lane
  send(text: string): void
  attach(events: LinkEvents): void
  closed(reason: string): void
  waitingBytes(): number
}

function createLane(clock: Clock, life: AbortSignal): FullLane {
  let events: LinkEvents | undefined
  let queue: { readonly text: string; readonly dueMs: Ms }[] = []
  let overtaken: string[] = []
  let stalled = false
  let closedWith: string | undefined
  let draining = false

  /** Hands over what is due, one after the other; waits for what is not. */
  const drain = async (): Promise<void> => {
    if (draining) return
    draining = true
    while (queue[0] !== undefined && events !== undefined && !stalled && !life.aborted) {
      const wait = queue[0].dueMs - clock.monotonic()
      if (wait > 0) await clock.after(wait, life).catch(() => {})
      else await Promise.resolve()
      if (stalled || life.aborted) break
      const message = queue.shift()
      if (message) events.message(message.text)
    }
    draining = false
  }
  const put = (text: string): void => {
    const dueMs = Math.max(clock.monotonic() + lane.delayMs, queue.at(-1)?.dueMs ?? 0)
    for (let copy = 0; copy < lane.copies(text); copy++) queue.push({ text, dueMs })
  }
  const lane: Lane = {
    delayMs: 0,
    copies: () => 1,
    late: () => false,
    watch: undefined,
    get stalled() {
      return stalled
    },
    set stalled(value) {
      stalled = value
      void drain()
    },
  }
  return {
    lane,
    attach: (given) => {
      events = given
      if (closedWith !== undefined) given.closed(closedWith)
      void drain()
    },
    closed: (reason) => {
      queue = []
      closedWith = reason
      events?.closed(reason)
    },
    waitingBytes: () => queue.reduce((bytes, message) => bytes + Buffer.byteLength(message.text), 0),
    send: (text) => {
      if (life.aborted) return
      lane.watch?.(text)
      if (lane.late(text)) {
        overtaken.push(text)
        return
      }
      put(text)
      for (const older of overtaken) put(older)
      overtaken = []
      void drain()
    },
  }
}
