import process from 'node:process'

import { WebSocket } from 'ws'

import type { FloodCounts, FloodKind, FloodSettings } from './flood.ts'
import { inventory, WireClient } from './wire.ts'

// The process of a flood: see flood.ts, which starts it and holds it down.

/** Messages a second, of each kind. */
const PER_SECOND = 10_000
const STEP_MS = 10
/** More than this is not kept for a server that does not read. */
const UNSENT_BYTES_MAX = 4_194_304
/** Each step brings so many strangers, who stay for so long. */
const STRANGERS_AT_ONCE = 5
const STRANGER_MS = 300
const STRANGER = '01890000-0000-7000-8000-000000000001'
const PROOF = 'A'.repeat(43)

const counts: FloodCounts = { sent: 0, sessions: 0, tries: 0, refused: {} }

/** What is said again and again; what it is depends on nothing that is answered. */
function textsOf(kind: FloodKind, { victim }: FloodSettings): readonly string[] {
  const strange = { ...victim, execution: STRANGER }
  const value = { valueJson: '"stolen"', valueKind: 'json', error: null }
  const times = { startedAt: 0, endedAt: 1, outputBytes: 0, cut: { output: false, value: false } }
  const result = { ...victim, fenceProof: PROOF, end: 'succeeded', reason: 'finished', ...value, ...times }
  const many = <T>(item: T): T[] => Array.from({ length: 200 }, () => item)
  const messages: Readonly<Record<FloodKind, readonly object[]>> = {
    chatter: [
      { type: 'accepted', executions: [strange] },
      { type: 'progress', ...victim, fraction: 1, text: 'stolen' },
    ],
    heartbeats: [{ type: 'heartbeat', seq: 1, echo: 0, clientTime: 0, load: 0, freeSlots: 1 }],
    lies: [
      { type: 'started', executions: many({ ...victim, startedAt: 1 }) },
      { type: 'rejected', executions: many({ ...strange, reason: 'no-slot', detail: '' }) },
      {
        type: 'output',
        chunks: [{ ...victim, fenceProof: PROOF, offset: 0, stream: 'stdout', at: 0, text: 'stolen' }],
      },
    ],
    'false-results': [
      { type: 'result', journalSeq: 1, results: [result] },
      { type: 'result', journalSeq: 2, results: many(result) },
    ],
    large: [{ type: 'accepted', executions: [strange], more: 'x'.repeat(2_000_000) }],
    sync: [{ type: 'synced', revision: 1, missing: [] }],
    deaf: [{ type: 'heartbeat', seq: 1, echo: 0, clientTime: 0, load: 0, freeSlots: 1 }],
    pings: [],
    strangers: [],
  }
  return messages[kind].map((message) => JSON.stringify(message))
}

/** Connects, says what it says as fast as it may, and comes again at once when it is thrown out. */
class Flooder {
  readonly #kind: FloodKind
  readonly #who: WireClient
  readonly #texts: readonly string[]
  readonly #url: string
  isOn = false
  #socket: WebSocket | undefined
  #isReady = false

  constructor(kind: FloodKind, who: WireClient, settings: FloodSettings) {
    this.#kind = kind
    this.#who = who
    this.#texts = textsOf(kind, settings)
    this.#url = `${settings.url.replace('http', 'ws')}/client/v1/session`
  }

  step(): void {
    if (!this.isOn) return this.#socket?.terminate()
    if (this.#kind === 'strangers') return this.#lookIn()
    if (!this.#socket) return this.#connect()
    if (!this.#isReady) return
    for (let n = 0; n < (PER_SECOND * STEP_MS) / 1_000; n++) {
      if (this.#socket.readyState !== WebSocket.OPEN || this.#socket.bufferedAmount > UNSENT_BYTES_MAX) return
      if (this.#kind === 'pings') this.#socket.ping()
      else this.#socket.send(this.#texts[n % this.#texts.length] ?? '')
      counts.sent += 1
    }
  }

  /** Connections that never say anything: hundreds a second. */
  #lookIn(): void {
    for (let n = 0; n < STRANGERS_AT_ONCE; n++) {
      counts.tries += 1
      const socket = new WebSocket(this.#url)
      const end = setTimeout(() => socket.terminate(), STRANGER_MS)
      socket.on('error', (error) => this.#refused(error.message)).on('close', () => clearTimeout(end))
    }
  }

  #connect(): void {
    counts.tries += 1
    const socket = new WebSocket(this.#url)
    this.#socket = socket
    this.#isReady = false
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      const message = JSON.parse(text) as { type: string; code?: string }
      if (message.type === 'challenge') socket.send(JSON.stringify(this.#who.hello(message)))
      else if (message.type === 'welcome') socket.send(JSON.stringify(inventory()))
      else if (message.type === 'refused') this.#refused(message.code ?? '')
      else if (message.type === 'reconciled') {
        counts.sessions += 1
        this.#isReady = true
        if (this.#kind === 'deaf') socket.pause()
      }
    })
    socket.on('error', (error) => this.#refused(error.message))
    socket.on('close', () => (this.#socket = undefined))
  }

  #refused(why: string): void {
    counts.refused[why] = (counts.refused[why] ?? 0) + 1
  }
}

async function begin(settings: FloodSettings): Promise<void> {
  const flooders: Flooder[] = []
  for (const kind of settings.kinds) {
    const who = new WireClient(settings.url)
    await who.enroll(settings.token)
    flooders.push(new Flooder(kind, who, settings))
  }
  const begun = performance.now()
  setInterval(() => {
    const turns = settings.turnMs > 0 ? Math.floor((performance.now() - begun) / settings.turnMs) : flooders.length
    const turn = turns % (flooders.length + 1)
    for (const [n, flooder] of flooders.entries()) {
      flooder.isOn = turn === flooders.length || turn === n
      flooder.step()
    }
  }, STEP_MS)
}

process.on('message', (message: FloodSettings | 'counts') => {
  if (message === 'counts') process.send?.(counts)
  else void begin(message)
})
// The test has gone, and so does its flood.
process.on('disconnect', () => process.exit(0))
