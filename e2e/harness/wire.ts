import { makeKeyPair } from '@octopus/client/identity/key-pair.ts'
import { unpackToken } from '@octopus/protocol/enroll.ts'
import { helloText } from '@octopus/protocol/from-client.ts'

import type { Json } from './api.ts'

/** The server answers, or closes, within a moment; a connection that hears nothing for so long is stuck. */
const ANSWER_MS_MAX = 20_000

/** What a PC says of itself. */
export const REPORTED = { hostName: 'x', os: 'x', arch: 'x', account: 'x', wishedUser: null, labels: [] }

/** A client's connection in the hands of somebody who may say anything. */
export class Wire {
  readonly #socket: WebSocket
  readonly #heard: Json[] = []
  readonly #waiting = new Set<() => void>()
  #closed: { readonly code: number; readonly reason: string } | undefined

  private constructor(url: string) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/client/v1/session`)
    this.#socket.addEventListener('message', ({ data }) => this.#tell(() => this.#heard.push(JSON.parse(String(data)))))
    this.#socket.addEventListener('close', ({ code, reason }) => this.#tell(() => (this.#closed = { code, reason })))
    this.#socket.addEventListener('error', () => {})
  }

  /** Connects, and answers with the server's challenge. */
  static async open(url: string): Promise<{ readonly wire: Wire; readonly challenge: Json }> {
    const wire = new Wire(url)
    return { wire, challenge: await wire.next('challenge') }
  }

  say(message: object | string): void {
    if (message instanceof Uint8Array) this.#socket.send(new Uint8Array(message))
    else this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The first message of this type that was not taken yet. */
  next(type: string): Promise<Json> {
    return this.#eventually(type, () => {
      const at = this.#heard.findIndex((message) => message.type === type)
      return at < 0 ? undefined : this.#heard.splice(at, 1)[0]
    })
  }

  /** How the server closed the connection. */
  closed(): Promise<{ readonly code: number; readonly reason: string }> {
    return this.#eventually('a closed connection', () => this.#closed)
  }

  get isOpen(): boolean {
    return this.#closed === undefined
  }

  close(): void {
    this.#socket.close()
  }

  #tell(change: () => unknown): void {
    change()
    for (const look of this.#waiting) look()
  }

  /** Rejects when it has not come in time, and at once when the connection was closed before it. */
  #eventually<T>(what: string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        finish()
        reject(new Error(`no ${what}; unread: ${JSON.stringify(this.#heard)}; ${JSON.stringify(this.#closed)}`))
      }
      const timer = setTimeout(give, ANSWER_MS_MAX)
      const look = (): void => {
        const found = find()
        if (found === undefined) return this.#closed && give()
        finish()
        resolve(found)
      }
      const finish = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
      }
      this.#waiting.add(look)
      look()
    })
  }
}

/** Somebody with a key of his own, enrolled or not, who answers challenges as a client does. */
export class WireClient {
  readonly keys = makeKeyPair()
  readonly url: string
  id = '00000000-0000-7000-8000-000000000000'

  constructor(url: string) {
    this.url = url
  }

  async enroll(token: string): Promise<void> {
    const secret = unpackToken(token)?.secret
    const body = { secret, publicKey: this.keys.publicKey, name: 'hostile', version: '0', reported: REPORTED }
    const response = await fetch(`${this.url}/client/v1/enroll`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    this.id = ((await response.json()) as { clientId: string }).clientId
  }

  hello(challenge: Json, sign: (text: string) => string = (text) => this.keys.sign(text)): Json {
    const { serverId, nonce } = challenge
    const signature = sign(helloText({ serverId, clientId: this.id, nonce, protocol: 1 }))
    const place = { journalId: 'journal', bootId: 'boot', version: '0', heartbeatMs: 10_000 }
    return { type: 'hello', protocol: 1, clientId: this.id, ...place, signature }
  }

  /** Connects as far as the welcome. */
  async welcomed(): Promise<Wire> {
    const { wire, challenge } = await Wire.open(this.url)
    wire.say(this.hello(challenge))
    await wire.next('welcome')
    return wire
  }

  /** Connects until work could come. It can run nothing, so none does. */
  async ready(): Promise<Wire> {
    const wire = await this.welcomed()
    wire.say(inventory())
    await wire.next('reconciled')
    return wire
  }
}

export function inventory(): Json {
  const rest = { slots: 1, manifestRevision: 0, journalSeq: 0, attempts: [] }
  return { type: 'inventory', last: true, runtimes: [], reported: REPORTED, ...rest }
}
