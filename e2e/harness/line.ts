import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

import type { Random } from '@octopus/kit/random.ts'

/** What a line does to bytes of one direction. */
export interface Way {
  /** Every byte arrives so much later, */
  latencyMs: number
  /** and up to so much later still; never before those that were sent before it. */
  jitterMs: number
  /** Of all connections together. */
  bytesPerSecond: number
  /** So many bytes at most arrive together. */
  pieceBytes: number
  /** Nothing is taken: the sender's system keeps what it can, and then the sender waits. */
  stuck: boolean
  /** After so many bytes from now on the connection that carries the last of them is reset, in both directions. */
  resetAfterBytes: number
}

const WELL: Way = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: Infinity,
  pieceBytes: 65_536,
  stuck: false,
  resetAfterBytes: Infinity,
}
/** Under way at a time; beyond it the sender waits. Small, as routers of slow lines should be. */
const UNDER_WAY_BYTES = 16_384
/** A piece of a slow line takes at most so long, so that others come in between. */
const PIECE_MS = 50
/** Changed while nothing moves: looked at again after this time. */
const LOOK_MS = 20

/** A line between clients and a server on this machine, as bad as one likes. A client connects to its address instead. */
export class Line implements AsyncDisposable {
  readonly toServer: Way = { ...WELL }
  readonly toClient: Way = { ...WELL }
  /** Connections that were ever taken, and resets that were ordered by bytes and happened. */
  connections = 0
  resets = 0
  /** Taken from senders, and the pieces that they were cut into. */
  bytes = 0
  pieces = 0
  readonly #random: Random
  readonly #serverPort: number
  readonly #open = new Set<Socket>()
  readonly #closed = new AbortController()
  /** When the line is free again, for each direction. */
  readonly #freeAt = new WeakMap<Way, number>()
  readonly #listener: Server

  private constructor(serverPort: number, random: Random) {
    this.#serverPort = serverPort
    this.#random = random
    this.#listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#take(socket))
  }

  static async open(serverPort: number, random: Random): Promise<Line> {
    const line = new Line(serverPort, random)
    line.#listener.listen(0, '127.0.0.1')
    await once(line.#listener, 'listening')
    return line
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  /** Flags of a client that reaches its server by this line. */
  get flags(): readonly string[] {
    return ['--server-url', this.url]
  }

  /** All connections are reset, as by a router that starts again. */
  reset(): void {
    for (const socket of this.#open) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    this.#listener.close()
    this.reset()
    await once(this.#listener, 'close')
  }

  #take(client: Socket): void {
    this.connections += 1
    const server = connect({ port: this.#serverPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    const both = [client, server]
    for (const socket of both) {
      this.#open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#open.delete(socket)
        for (const one of both) one.destroy()
      })
    }
    const carry = (from: Socket, to: Socket, way: Way): void =>
      void this.#carry(from, to, way, () => both.forEach((socket) => socket.resetAndDestroy())).catch(() => {})
    carry(client, server, this.toServer)
    carry(server, client, this.toClient)
  }

  async #carry(from: Socket, to: Socket, way: Way, reset: () => void): Promise<void> {
    const queue: { readonly piece: Buffer; readonly dueAt: number }[] = []
    let bytes = 0
    let ended = false
    let lastDueAt = 0
    let wake = (): void => {}
    from.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length;) {
        const size = Math.max(1, Math.min(way.pieceBytes, Math.floor((way.bytesPerSecond * PIECE_MS) / 1_000)))
        const piece = chunk.subarray(at, at + size)
        at += size
        lastDueAt = Math.max(lastDueAt, performance.now() + way.latencyMs + this.#random.fraction() * way.jitterMs)
        queue.push({ piece, dueAt: lastDueAt })
        this.pieces += 1
        this.bytes += piece.length
      }
      bytes += chunk.length
      if (bytes > UNDER_WAY_BYTES) from.pause()
      wake()
    })
    from.on('end', () => {
      ended = true
      wake()
    })
    for (const socket of [from, to]) socket.on('close', () => wake())
    for (;;) {
      if (to.destroyed || from.destroyed) return
      const next = queue[0]
      if (next === undefined) {
        if (ended) return void to.end()
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      if (way.stuck) {
        from.pause()
        await this.#sleep(LOOK_MS)
        continue
      }
      await this.#sleep(Math.max(next.dueAt, this.#freeAt.get(way) ?? 0) - performance.now())
      queue.shift()
      const start = Math.max(performance.now(), this.#freeAt.get(way) ?? 0)
      this.#freeAt.set(way, start + (next.piece.length / way.bytesPerSecond) * 1_000)
      way.resetAfterBytes -= next.piece.length
      if (way.resetAfterBytes <= 0) {
        way.resetAfterBytes = Infinity
        this.resets += 1
        return reset()
      }
      if (!to.write(next.piece)) await Promise.race([once(to, 'drain'), once(to, 'close')])
      bytes -= next.piece.length
      if (bytes <= UNDER_WAY_BYTES) from.resume()
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms)
      const { signal } = this.#closed
      function done(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      signal.addEventListener('abort', done)
    })
  }
}
