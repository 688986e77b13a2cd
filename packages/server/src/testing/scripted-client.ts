import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

import type { HandClock } from '@octopus/kit/testing/hand-clock.ts'
import type { InventoryAttempt, FromClient, ResultItem } from '@octopus/protocol/from-client.ts'
import { helloText } from '@octopus/protocol/from-client.ts'
import type { ExecuteItem, FromServer } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { PROTOCOL } from '@octopus/protocol/version.ts'

import type { ClientLinkEvents, Door } from '#delivery/door.ts'

type Inventory = Extract<FromClient, { type: 'inventory' }>
type Of<T extends FromServer['type']> = Extract<FromServer, { type: T }>

/** A client that says exactly what a test tells it to say, and remembers what it was told. */
export class ScriptedClient {
  readonly id: ClientId
  readonly received: FromServer[] = []
  readonly #key: KeyObject
  readonly #clock: HandClock
  #events: ClientLinkEvents | undefined
  #seq = 0
  /** How much it had received before its newest connection. */
  #connectedAt = 0
  answersPings = true
  runtimes: Inventory['runtimes'] = [{ language: 'python', version: '3' }]
  journalId = 'journal-1'
  journalSeq = 0
  manifestRevision = 0
  closedWith: string | undefined
  /** The server reads what it says; what is said meanwhile arrives all the same, as what had been read before. */
  isRead = true

  constructor(id: ClientId, key: KeyObject, clock: HandClock) {
    this.id = id
    this.#key = key
    this.#clock = clock
  }

  /** A key pair as a client makes it, and its public half as enrolment wants it. */
  static keys(): { readonly key: KeyObject; readonly publicKey: string } {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    return {
      key: privateKey,
      publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url'),
    }
  }

  /** Opens a connection and reads the challenge. */
  connect(door: Door, address = '127.0.0.1'): void {
    this.closedWith = undefined
    this.#seq = 0
    this.#connectedAt = this.received.length
    this.isRead = true
    let open = true
    const events = door.open(
      {
        send: (text) => {
          if (open) this.received.push(JSON.parse(text) as FromServer)
        },
        close: (reason) => {
          if (!open) return
          open = false
          this.closedWith = reason
          queueMicrotask(() => events.closed(reason))
        },
        bufferedBytes: () => 0,
        pause: () => void (this.isRead = false),
        resume: () => void (this.isRead = true),
        ping: () => {
          if (this.answersPings) queueMicrotask(() => events.pong())
        },
      },
      { address },
    )
    this.#events = events
  }

  /** The connection is closed, and the server hears of it. */
  cut(): void {
    this.#events?.closed('cut')
    this.#events = undefined
  }

  /** The network goes away without a word. */
  vanish(): void {
    this.#events = undefined
  }

  say(message: FromClient): void {
    this.sayText(JSON.stringify(message))
  }

  sayText(text: string): void {
    this.#events?.message(text)
  }

  hello(changes: Partial<Extract<FromClient, { type: 'hello' }>> = {}): void {
    const { serverId, nonce } = this.last('challenge')
    const text = helloText({ serverId, clientId: this.id, nonce, protocol: PROTOCOL })
    const signature = sign(null, Buffer.from(text), this.#key).toString('base64url')
    const { id: clientId, journalId } = this
    const about = { clientId, journalId, bootId: 'boot', version: '1', heartbeatMs: 10_000, signature }
    this.say({ type: 'hello', protocol: PROTOCOL, ...about, ...changes })
  }

  inventory(attempts: readonly InventoryAttempt[] = [], slots = 2): void {
    this.inventoryPage(true, attempts, slots)
  }

  inventoryPage(last: boolean, attempts: readonly InventoryAttempt[], slots = 2): void {
    this.say({
      type: 'inventory',
      last,
      runtimes: this.runtimes,
      reported: { hostName: 'pc', os: 'linux', arch: 'x64', account: 'me', wishedUser: null, labels: [] },
      slots,
      manifestRevision: this.manifestRevision,
      journalSeq: this.journalSeq,
      attempts: [...attempts],
    })
  }

  /** Challenge, hello, welcome, inventory, reconciled. */
  async join(door: Door, attempts: readonly InventoryAttempt[] = [], slots = 2): Promise<void> {
    this.connect(door)
    this.hello()
    await this.#clock.settle()
    await this.#clock.advance(3_100)
    this.inventory(attempts, slots)
    await this.#clock.advance(50)
  }

  heartbeat(): void {
    this.#seq += 1
    const heard = this.received.slice(this.#connectedAt).findLast(({ type }) => type === 'heartbeat')
    const echo = heard?.type === 'heartbeat' ? heard.seq : 0
    this.say({ type: 'heartbeat', seq: this.#seq, echo, clientTime: this.#clock.wall(), load: 0, freeSlots: 1 })
  }

  finish(item: ExecuteItem, changes: Partial<ResultItem> = {}): void {
    this.journalSeq += 1
    const { execution, attempt, fence, fenceProof } = item
    const now = this.#clock.wall()
    const result: ResultItem = {
      execution,
      attempt,
      fence,
      fenceProof,
      end: 'succeeded',
      reason: 'finished',
      valueJson: '"done"',
      valueKind: 'json',
      error: null,
      startedAt: now,
      endedAt: now,
      outputBytes: 0,
      cut: {
        output: false,
        value: false,
      },
      ...changes,
    }
    this.say({ type: 'result', journalSeq: this.journalSeq, results: [result] })
  }

  all<T extends FromServer['type']>(type: T): Of<T>[] {
    return this.received.filter((message): message is Of<T> => message.type === type)
  }

  last<T extends FromServer['type']>(type: T): Of<T> {
    const message = this.all(type).at(-1)
    if (!message) throw new Error(`no ${type} among ${this.received.map((other) => other.type).join(', ')}`)
    return message
  }

  /** Everything it was told to execute. */
  executions(): ExecuteItem[] {
    return this.all('execute').flatMap((message) => message.executions)
  }
}
