import type { Duplex } from 'node:stream'

import type { Clock } from '@octopus/kit/clock.ts'
import { type Rate, TokenBucket } from '@octopus/kit/token-bucket.ts'
import { HELLO_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { RawData, WebSocket } from 'ws'

import type { ClientLink, ClientLinkEvents, Door } from '#delivery/door.ts'

import { watchRawBytes } from './raw-bytes.ts'

/**
 * Bytes for one client that the network has not taken. Beyond it the client does not read, or cannot: the connection is
 * closed, and what was meant for it comes again from the store when it is back.
 */
export const BUFFERED_BYTES_MAX = 8_388_608
/**
 * Control frames that a client may send: answers to our pings, and a proxy's pings between. They are not messages, cost
 * no more than a few bytes each, and can be sent by the million.
 */
const CONTROL_FRAMES: Rate = { burst: 50, perSecond: 1 }
/** Close reasons travel in a control frame of at most 125 bytes, two of them the code. */
const REASON_BYTES_MAX = 123

interface Attachment {
  readonly door: Pick<Door, 'open'>
  readonly address: string
  readonly clock: Pick<Clock, 'monotonic'>
  /** The connection below. */
  readonly raw: Pick<Duplex, 'on' | 'off'>
  readonly onWelcomed: () => void
}

/** Makes a link of a socket and brings it to the door. Each end is told once, and nothing is delivered after that. */
export function attachSocket(
  socket: WebSocket,
  { door, address, clock, raw, onWelcomed }: Attachment,
): { close(reason: string): void } {
  let open = true
  let welcomed = false
  const control = new TokenBucket(CONTROL_FRAMES, clock.monotonic())
  const cutOff = (reason: string): void => {
    end(reason)
    socket.terminate()
  }
  const bytes = watchRawBytes(raw, () =>
    cutOff(welcomed ? 'it goes on after the end' : 'too much said before the welcome'),
  )
  const owner: { events?: ClientLinkEvents } = {}
  const end = (reason: string): void => {
    if (!open) return
    open = false
    // The door may end a link while it is being opened; then it hears of it after that.
    queueMicrotask(() => owner.events?.closed(reason))
  }
  const close = (reason: string): void => {
    if (!open) return
    end(reason)
    // What is unread is thrown away: an ended session must not speak again.
    socket.resume()
    bytes.closing()
    socket.close(1000, fitting(reason))
  }
  const link: ClientLink = {
    send: (text) => {
      if (!open) return
      if (!welcomed && typeOf(text) === 'welcome') {
        welcomed = true
        bytes.welcomed()
        onWelcomed()
      }
      socket.send(text, () => {})
      if (socket.bufferedAmount > BUFFERED_BYTES_MAX) cutOff('it does not read')
    },
    close,
    bufferedBytes: () => socket.bufferedAmount,
    ping: () => {
      if (open) socket.ping(undefined, undefined, () => {})
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  }
  socket.on('message', (data, isBinary) => {
    if (!open) return
    if (isBinary) return close('only text is spoken here')
    const text = bytesOf(data)
    if (!welcomed && text.length > HELLO_BYTES_MAX) return close('too much said before the welcome')
    owner.events?.message(text.toString())
  })
  const mayControl = (): boolean => {
    if (!open) return false
    const now = clock.monotonic()
    if (control.left(now) >= 1) return control.spend(1, now) === 0
    cutOff('too many control frames')
    return false
  }
  socket.on('pong', () => {
    if (mayControl()) owner.events?.pong()
  })
  socket.on('ping', (data) => {
    if (mayControl()) socket.pong(data, undefined, () => {})
  })
  // ws closes the socket itself after an error; the reason is in it.
  socket.on('error', (error) => end(error.message))
  socket.on('close', (code, reason) => end(reason.length > 0 ? reason.toString() : `closed (${code})`))
  owner.events = door.open(link, { address })
  return { close }
}

/** Before the welcome the server says three things; which one this is stands in its type. */
function typeOf(text: string): unknown {
  return (JSON.parse(text) as { readonly type?: unknown }).type
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? Buffer.from(data) : data
}

function fitting(reason: string): string {
  let text = reason
  while (Buffer.byteLength(text) > REASON_BYTES_MAX) text = text.slice(0, -1)
  return text
}
