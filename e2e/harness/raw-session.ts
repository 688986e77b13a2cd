import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const SLOW_REQUEST = Buffer.from(`GET /client/v1/session HTTP/1.1\r\nX-Slow: ${'x'.repeat(1_000)}`)
const SLOW_FRAME = Buffer.from([0x81, 0xfe, 0x0f, 0xa0, 0, 0, 0, 0, ...Buffer.alloc(4_000, 'x')])

/** A TCP connection in the hands of somebody who knows how WebSocket frames look, and keeps to no rule. */
export class RawSession implements Disposable {
  readonly socket: Socket
  /** Everything that came, as Latin-1. */
  heard = ''
  readonly closed: Promise<void>
  #said = 0

  private constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => {}).on('data', (bytes: Buffer) => (this.heard += bytes.toString('latin1')))
    this.closed = new Promise((resolve) => void this.socket.once('close', () => resolve()))
  }

  static async open(port: number): Promise<RawSession> {
    const session = new RawSession(port)
    await once(session.socket, 'connect')
    return session
  }

  /** Asks for the upgrade; resolves when the challenge has come. */
  async upgrade(): Promise<void> {
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'
    this.socket.write(
      `GET /client/v1/session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`,
    )
    while (!this.heard.includes('"challenge"')) await Promise.race([once(this.socket, 'data'), this.closed])
  }

  /** The head of a masked text frame that says how long it is; the mask is zeros, so that bytes are sent as they are. */
  head(length: number, isLast = true): void {
    const head = Buffer.alloc(14)
    head[0] = (isLast ? 0x80 : 0) | 1
    head[1] = 0x80 | 127
    head.writeBigUInt64BE(BigInt(length), 2)
    this.socket.write(head)
  }

  /** One more byte of a text: a frame of 4,000 bytes after the upgrade, the head of a request before it. */
  drip(): void {
    if (!this.socket.writable) return
    const text = this.heard === '' ? SLOW_REQUEST : SLOW_FRAME
    this.socket.write(text.subarray(this.#said, this.#said + 1))
    this.#said += 1
  }

  /** Writes bytes until so many are written or the connection is closed; answers how many the network took. */
  async pour(bytes: number): Promise<number> {
    const piece = Buffer.alloc(65_536, 'x')
    let poured = 0
    while (poured < bytes && this.socket.writable) {
      poured += piece.length
      if (!this.socket.write(piece)) await Promise.race([once(this.socket, 'drain').catch(() => {}), this.closed])
    }
    return poured
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}
