import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import type { Clock, Ms } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'
import { forwardedAddress } from '@octopus/kit/trusted-addresses.ts'
import { MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { type WebSocket, WebSocketServer } from 'ws'

import type { ConnectionRefusal, Door } from '#delivery/door.ts'

import { connectionCount, type ConnectionCount, type ConnectionLimits, DEFAULT_LIMITS } from './connection-count.ts'
import { attachSocket } from './socket-link.ts'

export interface SocketNeeds {
  /** The HTTP server whose upgrades are taken. */
  readonly server: Pick<Server, 'on'>
  readonly door: Pick<Door, 'open' | 'admits'>
  readonly clock: Clock
  readonly log: Log
  readonly limits?: ConnectionLimits
  /** Proxies that may say who connects. */
  readonly isTrustedProxy?: (address: string) => boolean
  readonly handshakeMs?: Ms
  readonly onRefused?: (why: ConnectionRefusal) => void
}

export interface SocketServer extends AsyncDisposable {
  openCount(): number
}

export const SESSION_PATH = '/client/v1/session'
/** Who has not shown a valid key by then is nobody of ours. */
const HANDSHAKE_MS_MAX: Ms = 15_000
/** A socket that has not answered the closing handshake by then is destroyed. */
const CLOSE_MS_MAX: Ms = 2_000

/**
 * Takes WebSocket connections of clients, and only of them. Disposing of it takes no more and closes those that are
 * open; it resolves when they are.
 */
export function attachSocketServer(needs: SocketNeeds): SocketServer {
  const { door, clock, log, isTrustedProxy = () => false } = needs
  const options = {
    noServer: true,
    clientTracking: false,
    // Compression costs memory per connection and is a way to make little of the network much for the server.
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    skipUTF8Validation: false,
    // Pings are answered only as far as they are not too many.
    autoPong: false,
    closeTimeout: CLOSE_MS_MAX,
  }
  const sockets = new WebSocketServer(options)
  const count: ConnectionCount = connectionCount(needs.limits ?? DEFAULT_LIMITS)
  const open = new Set<WebSocket>()
  const life = new AbortController()

  const accept = (webSocket: WebSocket, raw: Duplex, address: string): void => {
    open.add(webSocket)
    const entry = count.add(address)
    const events = attachSocket(webSocket, { door, address, clock, raw, onWelcomed: () => entry.welcomed() })
    const handshake = AbortSignal.any([life.signal, entry.known])
    clock.after(needs.handshakeMs ?? HANDSHAKE_MS_MAX, handshake).then(
      () => events.close('no valid hello in time'),
      () => {},
    )
    webSocket.on('close', () => {
      open.delete(webSocket)
      entry.gone()
    })
  }

  /** Browsers send where a page came from, and have no business here: their users have a dashboard. */
  const whyRefused = ({ url, headers }: IncomingMessage, address: string): ConnectionRefusal | undefined => {
    if (url !== SESSION_PATH) return 'unknown'
    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return 'browser'
    if (!door.admits(address)) return 'failing'
    return count.hasRoom(address) ? undefined : 'full'
  }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    const remote = request.socket.remoteAddress ?? ''
    const address = forwardedAddress(remote, request.headers['x-forwarded-for'], isTrustedProxy)
    const why = life.signal.aborted ? 'stopping' : whyRefused(request, address)
    if (why) {
      log.debug('connection refused', { address, why })
      needs.onRefused?.(why)
      return refuse(socket, REFUSALS[why])
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, socket, address))
  }

  const close = async (): Promise<void> => {
    if (life.signal.aborted) return
    const all = [...open]
    life.abort(new Error('the server is stopping'))
    const closed = all.map((one) => new Promise<void>((resolve) => void one.once('close', () => resolve())))
    for (const one of all) one.close(1001, 'the server is stopping')
    await Promise.all(closed)
    sockets.close()
  }

  needs.server.on('upgrade', upgrade)
  return { openCount: () => open.size, [Symbol.asyncDispose]: close }
}

interface Refusal {
  readonly status: string
  readonly retryAfterSeconds?: number
}

const REFUSALS = {
  unknown: { status: '404 Not Found' },
  browser: { status: '403 Forbidden' },
  failing: { status: '429 Too Many Requests', retryAfterSeconds: 15 },
  full: { status: '503 Service Unavailable', retryAfterSeconds: 5 },
  stopping: { status: '503 Service Unavailable', retryAfterSeconds: 2 },
} as const satisfies Record<ConnectionRefusal, Refusal>

function refuse(socket: Duplex, { status, retryAfterSeconds }: Refusal): void {
  const retry = retryAfterSeconds === undefined ? '' : `Retry-After: ${retryAfterSeconds}\r\n`
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${retry}\r\n`)
}
