import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'
import { MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { type WebSocket, WebSocketServer } from 'ws'

import type { ClientLink, Door } from '#delivery/door.ts'

/** Where clients open their session. */
export const SESSION_PATH = '/client/v1/session'
/** A client that does not read what it is sent is cut off at this many waiting bytes; it comes again and reads then. */
const BACKPRESSURE_BYTES_MAX = 8_388_608
/** Connections from one address: a whole office may stand behind one. */
const PER_ADDRESS_MAX = 20_000
/** Connections that have not been welcomed yet, from everywhere: strangers cannot keep clients out by waiting. */
const UNWELCOMED_MAX = 5_000
/** How long a closed connection may take to say goodbye before it is cut. */
const CLOSE_GRACE_MS: Ms = 2_000

export interface SocketServer {
  /** Connections that are open. */
  readonly connections: () => number
  /** Cuts every connection. */
  close(): void
}

interface SocketNeeds {
  readonly server: Server
  readonly door: Door
  readonly log: Log
  readonly clock: Clock
}

/** Takes WebSocket upgrades of clients on the HTTP server's port and brings them to the door. */
export function attachSocketServer({ server, door, log, clock }: SocketNeeds): SocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    clientTracking: true,
  })
  const perAddress = new Map<string, number>()

  server.on('upgrade', (request, socket, head) => {
    const refusal = refusalOf(request, door.unwelcomedCount(), perAddress)
    if (refusal) {
      log.warn('connection refused', { address: request.socket.remoteAddress, reason: refusal.reason })
      return refuse(socket, refusal)
    }
    sockets.handleUpgrade(request, socket, head, (opened) => take(opened, addressOf(request)))
  })

  function take(socket: WebSocket, address: string): void {
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1)
    const link = linkOf(socket, clock)
    const events = door.open(link, { address })
    socket.on('message', (data, isBinary) => {
      if (isBinary) return socket.close(1003, 'text only')
      events.message(textOf(data))
    })
    socket.on('pong', () => events.pong())
    // `close` follows every error; what was wrong matters to the log only.
    socket.on('error', (error) => log.warn('connection failed', { address, reason: error.message }))
    socket.on('close', (code, reason) => {
      const left = (perAddress.get(address) ?? 1) - 1
      if (left > 0) perAddress.set(address, left)
      else perAddress.delete(address)
      events.closed(reason.toString() || String(code))
    })
  }

  return {
    connections: () => sockets.clients.size,
    close: () => {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
    },
  }
}

function linkOf(socket: WebSocket, clock: Clock): ClientLink {
  return {
    send: (text) => {
      if (socket.readyState !== socket.OPEN) return
      if (socket.bufferedAmount > BACKPRESSURE_BYTES_MAX) return socket.terminate()
      socket.send(text)
    },
    close: (reason) => {
      // Nothing that is still unread is delivered: a session that has ended never lives again.
      socket.removeAllListeners('message')
      socket.close(1000, reason.slice(0, 100))
      void clock.after(CLOSE_GRACE_MS, new AbortController().signal).then(() => socket.terminate())
    },
    bufferedBytes: () => socket.bufferedAmount,
    ping: () => socket.ping(),
  }
}

interface Refusal {
  readonly status: string
  readonly reason: string
}

function refusalOf(
  request: IncomingMessage,
  unwelcomed: number,
  perAddress: ReadonlyMap<string, number>,
): Refusal | undefined {
  const path = (request.url ?? '').split('?')[0]
  if (path !== SESSION_PATH) return { status: '404 Not Found', reason: `no WebSocket at ${path}` }
  // Browsers send an origin, clients do not: no page of the web can open a session.
  if (request.headers.origin !== undefined) return { status: '403 Forbidden', reason: 'browsers have no business here' }
  if ((perAddress.get(addressOf(request)) ?? 0) >= PER_ADDRESS_MAX) {
    return { status: '429 Too Many Requests', reason: 'too many connections from this address' }
  }
  return unwelcomed >= UNWELCOMED_MAX
    ? { status: '503 Service Unavailable', reason: 'too many connections wait to be welcomed' }
    : undefined
}

function refuse(socket: Duplex, { status }: Refusal): void {
  socket.on('error', () => {})
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? ''
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}
