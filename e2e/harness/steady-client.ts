import { WebSocket } from 'ws'

import type { Api, Json } from './api.ts'
import { inventory, WireClient } from './wire.ts'

const HEARTBEAT_MS = 2_000
/** Between two tasks: far from being load, and hundreds of figures a minute. */
const PAUSE_MS = 80
const HANDED_OVER_MS_MAX = 30_000

/** How long work took from the request that ordered it to the PC, in milliseconds. */
export interface HandOverFigures {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** An honest client that ends at once what it is given: what others feel while somebody misbehaves. */
export class SteadyClient implements AsyncDisposable {
  readonly #socket: WebSocket
  readonly #arrived = new Map<string, (at: number) => void>()
  readonly #beating: NodeJS.Timeout
  readonly acknowledged = new Set<string>()
  #seq = 0
  #journalSeq = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    this.#beating = setInterval(() => this.#beat(), HEARTBEAT_MS)
  }

  /** Enrols and connects; resolves when it takes work. */
  static async join(url: string, token: string): Promise<SteadyClient> {
    const who = new WireClient(url)
    await who.enroll(token)
    const socket = new WebSocket(`${url.replace('http', 'ws')}/client/v1/session`)
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
    socket.on('error', reject).on('close', () => reject(new Error('the steady client was closed')))
    const client = new SteadyClient(socket)
    const say = (message: object): void => socket.send(JSON.stringify(message))
    const hear: Readonly<Record<string, (message: Json) => void>> = {
      challenge: (challenge) => say(who.hello(challenge)),
      welcome: () => say({ ...inventory(), runtimes: [{ language: 'python', version: '3' }], slots: 8 }),
      reconciled: () => resolve(),
      execute: ({ executions }) => client.#execute(executions),
      acknowledge: ({ results }) => {
        for (const { execution, disposition } of results) {
          if (disposition === 'applied') client.acknowledged.add(execution)
        }
      },
    }
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString())
      hear[message.type]?.(message)
    })
    await ready
    return client
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** Orders one task after the other for so long, and measures each from the request to the hand-over. */
  async measure(api: Api, plugin: string, forMs: number): Promise<HandOverFigures> {
    const took: number[] = []
    const end = performance.now() + forMs
    for (let n = 0; performance.now() < end; n++) {
      const key = `${performance.now()} ${n}`
      const begun = performance.now()
      const arrived = this.#arrival(key)
      await api.post('/tasks', { plugin, owner: 'anyone', type: 'ad-hoc', args: [key] })
      took.push((await arrived) - begun)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
    const sorted = took.toSorted((one, other) => one - other)
    const at = (share: number): number => Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? NaN) * 10) / 10
    return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#beating)
    this.#socket.removeAllListeners('close').on('error', () => {})
    if (this.#socket.readyState === WebSocket.CLOSED) return
    const closed = new Promise<void>((resolve) => void this.#socket.once('close', () => resolve()))
    this.#socket.terminate()
    await closed
  }

  #arrival(key: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing was handed over')), HANDED_OVER_MS_MAX)
      this.#arrived.set(key, (at) => {
        clearTimeout(timer)
        this.#arrived.delete(key)
        resolve(at)
      })
    })
  }

  #execute(executions: readonly Json[]): void {
    const at = performance.now()
    for (const { execution, attempt, fence, fenceProof, argsJson } of executions) {
      this.#journalSeq += 1
      const now = Date.now()
      const value = { valueJson: '"done"', valueKind: 'json', error: null }
      const times = { startedAt: now, endedAt: now, outputBytes: 0, cut: { output: false, value: false } }
      const end = { end: 'succeeded', reason: 'finished' }
      const result = { execution, attempt, fence, fenceProof, ...end, ...value, ...times }
      this.#say({ type: 'result', journalSeq: this.#journalSeq, results: [result] })
      this.#arrived.get((JSON.parse(argsJson) as string[])[0] as string)?.(at)
    }
  }

  #beat(): void {
    this.#seq += 1
    this.#say({ type: 'heartbeat', seq: this.#seq, echo: 0, clientTime: Date.now(), load: 0, freeSlots: 8 })
  }

  #say(message: object): void {
    if (this.isOpen) this.#socket.send(JSON.stringify(message))
  }
}
