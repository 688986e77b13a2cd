import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Random } from '@octopus/kit/random.ts'
import { type RawData, WebSocket, WebSocketServer } from 'ws'

/** A message that waits for its successor waits no longer than this: there may be none. */
const HELD_BACK_MS = 200

/** What it did to the messages of all connections. */
export interface Mischief {
  passed: number
  twice: number
  swapped: number
}

/**
 * Between clients and a server, message by message: brings some twice, and some after the one that follows them. TCP does
 * neither; a promise that rests on that alone would break with the first thing that does (a resend, a bus, a bug).
 * A session's first words, up to the last `reconciled`, come as they were sent: out of order they are refused, not taken.
 */
export class Shuffler implements AsyncDisposable {
  readonly mischief: Mischief = { passed: 0, twice: 0, swapped: 0 }
  /** Of each message, the chance of either. */
  chance: number
  readonly #random: Random
  readonly #serverPort: number
  readonly #listener: Server
  readonly #sockets = new WebSocketServer({ noServer: true })

  private constructor(serverPort: number, random: Random, chance: number) {
    this.#serverPort = serverPort
    this.#random = random
    this.chance = chance
    this.#listener = createServer((asked, answer) => {
      const { url: path, method, headers } = asked
      const onward = request({ host: '127.0.0.1', port: serverPort, path, method, headers }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(answer)
      })
      onward.on('error', () => answer.destroy())
      asked.pipe(onward)
    })
    this.#listener.on('upgrade', (asked, socket, head) =>
      this.#sockets.handleUpgrade(asked, socket, head, (client) => this.#join(client, asked.url ?? '')),
    )
  }

  static async open(serverPort: number, random: Random, chance: number): Promise<Shuffler> {
    const shuffler = new Shuffler(serverPort, random, chance)
    shuffler.#listener.listen(0, '127.0.0.1')
    await once(shuffler.#listener, 'listening')
    return shuffler
  }

  /** Flags of a client that reaches its server through it. */
  get flags(): readonly string[] {
    return ['--server-url', `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate()
    this.#listener.closeAllConnections()
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  #join(client: WebSocket, path: string): void {
    const server = new WebSocket(`ws://127.0.0.1:${this.#serverPort}${path}`)
    const session = { begun: false }
    const lanes = [this.#lane(client, server, session), this.#lane(server, client, session)]
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => {})
      one.on('close', (code: number, reason: Buffer) => {
        for (const lane of lanes) lane[Symbol.dispose]()
        // Codes that no program may send say that there was no close at all.
        if (code === 1005 || code === 1006) other.terminate()
        else other.close(code, reason)
      })
    }
  }

  #lane(from: WebSocket, to: WebSocket, session: { begun: boolean }): Disposable {
    let heldBack: string | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const waiting: string[] = []
    const send = (text: string): void => {
      if (to.readyState === WebSocket.CONNECTING) waiting.push(text)
      else if (to.readyState === WebSocket.OPEN) to.send(text)
    }
    const letGo = (): void => {
      clearTimeout(timer)
      if (heldBack !== undefined) send(heldBack)
      heldBack = undefined
    }
    to.on('open', () => waiting.splice(0).forEach(send))
    from.on('message', (data: RawData) => {
      const text = (data as Buffer).toString('utf8')
      if (!session.begun) {
        send(text)
        session.begun = text.startsWith('{"type":"reconciled"') && (JSON.parse(text) as { last: boolean }).last
        return
      }
      this.mischief.passed += 1
      const lot = this.#random.fraction()
      if (heldBack === undefined && lot < this.chance) {
        heldBack = text
        timer = setTimeout(letGo, HELD_BACK_MS)
        return
      }
      send(text)
      if (heldBack !== undefined) {
        this.mischief.swapped += 1
        letGo()
      } else if (lot > 1 - this.chance) {
        this.mischief.twice += 1
        send(text)
      }
    })
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  }
}
