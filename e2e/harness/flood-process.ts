import { connect } from 'node:net'
import process from 'node:process'

import { WebSocket } from 'ws'

import type { FloodKind, FloodSettings, KindCounts } from './flood.ts'
import { inventory, WireClient } from './wire.ts'

// The process of a flood: see flood.ts, which starts it and holds it down.

/** Messages a second that each kind tries to send: twice what a server has to bear. */
const PER_SECOND = 20_000
const STEP_MS = 10
/** After a standstill it does not make up for more than this. */
const MADE_UP_MS_MAX = 100
/** More than this is not kept for a server that does not read. */
const UNSENT_BYTES_MAX = 4_194_304
/**
 * Strangers at the door, each of whom is followed by the next one at once: so many that all that this process may
 * compute goes into it, whatever the server does not read of the others.
 */
const STRANGERS_AT_ONCE = 100
const STRANGER_MS = 300
/** An address of their own: for what they do, nobody else is turned away. Only Linux has more than one of this PC. */
const STRANGERS_ADDRESS = process.platform === 'linux' ? '127.0.0.2' : undefined
const UPGRADE = [
  'GET /client/v1/session HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n')
const STRANGER = '01890000-0000-7000-8000-000000000001'
const PROOF = 'A'.repeat(43)

const counts: Partial<Record<FloodKind, KindCounts>> = {}

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

/** What all kinds do: they count, and have their turn. */
abstract class Nuisance {
  readonly counts: KindCounts = {
    sent: 0,
    held: 0,
    sentInBestSecond: 0,
    inSessionMs: 0,
    sessions: 0,
    connections: 0,
    refused: {},
  }
  isOn = false

  constructor(kind: FloodKind) {
    counts[kind] = this.counts
  }

  abstract step(sinceLastMs: number): void

  protected refused(why: string): void {
    this.counts.refused[why] = (this.counts.refused[why] ?? 0) + 1
  }
}

/** Connects, says what it says as fast as it may, and comes again at once when it is thrown out. */
class Flooder extends Nuisance {
  readonly #kind: FloodKind
  readonly #who: WireClient
  readonly #texts: readonly string[]
  readonly #url: string
  #socket: WebSocket | undefined
  #isReady = false
  #second = { begun: 0, sent: 0 }

  constructor(kind: FloodKind, who: WireClient, settings: FloodSettings) {
    super(kind)
    this.#kind = kind
    this.#who = who
    this.#texts = textsOf(kind, settings)
    this.#url = `${settings.url.replace('http', 'ws')}/client/v1/session`
  }

  override step(sinceLastMs: number): void {
    if (!this.isOn) return this.#socket?.terminate()
    if (!this.#socket) return this.#connect()
    if (!this.#isReady) return
    const wanted = Math.round((PER_SECOND * Math.min(sinceLastMs, MADE_UP_MS_MAX)) / 1_000)
    let sent = 0
    while (sent < wanted && this.#mayWrite()) {
      if (this.#kind === 'pings') this.#socket.ping()
      else this.#socket.send(this.#texts[sent % this.#texts.length] ?? '')
      sent += 1
    }
    this.counts.inSessionMs += sinceLastMs
    this.counts.held += wanted - sent
    this.#countSent(sent)
  }

  #mayWrite(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN && this.#socket.bufferedAmount <= UNSENT_BYTES_MAX
  }

  #countSent(sent: number): void {
    this.counts.sent += sent
    const now = performance.now()
    if (now - this.#second.begun >= 1_000) this.#second = { begun: now, sent: 0 }
    this.#second.sent += sent
    this.counts.sentInBestSecond = Math.max(this.counts.sentInBestSecond, this.#second.sent)
  }

  #connect(): void {
    this.counts.connections += 1
    const socket = new WebSocket(this.#url)
    this.#socket = socket
    this.#isReady = false
    socket.on('message', (data: Buffer) => {
      const text = data.toString()
      const message = JSON.parse(text) as { type: string; code?: string }
      if (message.type === 'challenge') socket.send(JSON.stringify(this.#who.hello(message)))
      else if (message.type === 'welcome') socket.send(JSON.stringify(inventory()))
      else if (message.type === 'refused') this.refused(message.code ?? '')
      else if (message.type === 'reconciled') {
        this.counts.sessions += 1
        this.#isReady = true
        if (this.#kind === 'deaf') socket.pause()
      }
    })
    socket.on('error', (error) => this.refused(error.message))
    socket.on('close', () => (this.#socket = undefined))
  }
}

/** Connections that never say who they are, thousands a second. */
class Strangers extends Nuisance {
  readonly #port: number
  #there = 0

  constructor(settings: FloodSettings) {
    super('strangers')
    this.#port = Number(new URL(settings.url).port)
  }

  override step(): void {
    while (this.isOn && this.#there < STRANGERS_AT_ONCE) this.#lookIn()
  }

  #lookIn(): void {
    this.#there += 1
    this.counts.connections += 1
    const socket = connect({ host: '127.0.0.1', port: this.#port, localAddress: STRANGERS_ADDRESS })
    // With a reset no port stays taken for a minute: there are only some ten thousand of them.
    const leave = setTimeout(() => socket.resetAndDestroy(), STRANGER_MS)
    socket.once('connect', () => socket.write(UPGRADE))
    socket.once('data', (answer: Buffer) => {
      const [, status = ''] = answer.toString('latin1').split(' ', 2)
      if (status === '101') return
      this.refused(status)
      socket.resetAndDestroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => this.refused(error.code ?? error.message))
    socket.once('close', () => {
      clearTimeout(leave)
      this.#there -= 1
      this.step()
    })
  }
}

async function begin(settings: FloodSettings): Promise<void> {
  const flooders: Flooder[] = []
  for (const kind of settings.kinds) {
    if (kind === 'strangers') continue
    const who = new WireClient(settings.url)
    await who.enroll(settings.token)
    flooders.push(new Flooder(kind, who, settings))
  }
  // A server that does not read costs a flooder nothing: strangers take what is left of what the process may use.
  const strangers = settings.kinds.includes('strangers') ? [new Strangers(settings)] : []
  for (const one of strangers) one.isOn = true
  const begun = performance.now()
  let last = begun
  setInterval(() => {
    const now = performance.now()
    const turns = settings.turnMs > 0 ? Math.floor((now - begun) / settings.turnMs) : flooders.length
    const turn = turns % (flooders.length + 1)
    for (const [n, one] of flooders.entries()) one.isOn = turn === flooders.length || turn === n
    for (const one of [...flooders, ...strangers]) one.step(now - last)
    last = now
  }, STEP_MS)
}

process.on('message', (message: FloodSettings | 'counts') => {
  if (message === 'counts') process.send?.(counts)
  else void begin(message)
})
// The test has gone, and so does its flood.
process.on('disconnect', () => process.exit(0))
