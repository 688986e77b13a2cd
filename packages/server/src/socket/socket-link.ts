import { HELLO_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { RawData, WebSocket } from 'ws'

import type { ClientLink, ClientLinkEvents, Door } from '#delivery/door.ts'

/**
 * Bytes for one client that the network has not taken. Beyond it the client does not read, or cannot: the connection is
 * closed, and what was meant for it comes again from the store when it is back.
 */
export const BUFFERED_BYTES_MAX = 8_388_608
/** Close reasons travel in a control frame of at most 125 bytes, two of them the code. */
const REASON_BYTES_MAX = 123

interface Attachment {
  readonly door: Pick<Door, 'open'>
  readonly address: string
  readonly onWelcomed: () => void
}

/** Makes a link of a socket and brings it to the door. Each end is told once, and nothing is delivered after that. */
export function attachSocket(
  socket: WebSocket,
  { door, address, onWelcomed }: Attachment,
): { close(reason: string): void } {
  let open = true
  let welcomed = false
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
    socket.close(1000, fitting(reason))
  }
  const link: ClientLink = {
    send: (text) => {
      if (!open) return
      if (!welcomed && typeOf(text) === 'welcome') {
        welcomed = true
        onWelcomed()
      }
      socket.send(text, () => {})
      if (socket.bufferedAmount > BUFFERED_BYTES_MAX) {
        end('it does not read')
        socket.terminate()
      }
    },
    close,
    bufferedBytes: () => socket.bufferedAmount,
    ping: () => {
      if (open) socket.ping(undefined, undefined, () => {})
    },
  }
  socket.on('message', (data, isBinary) => {
    if (!open) return
    if (isBinary) return close('only text is spoken here')
    const bytes = bytesOf(data)
    if (!welcomed && bytes.length > HELLO_BYTES_MAX) return close('too much said before the welcome')
    owner.events?.message(bytes.toString())
  })
  socket.on('pong', () => {
    if (open) owner.events?.pong()
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
