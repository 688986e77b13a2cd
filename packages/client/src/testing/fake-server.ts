import assert from 'node:assert/strict'

import type { Clock } from '@octopus/kit/clock.ts'
import type { Link } from '@octopus/kit/link.ts'
import { createMemoryWire, type MemoryWire } from '@octopus/kit/testing/memory-link.ts'
import { parseFromClient, type FromClient, type InventoryAttempt } from '@octopus/protocol/from-client.ts'
import type { FromServer, Refused } from '@octopus/protocol/from-server.ts'
import type { SessionId } from '@octopus/protocol/ids.ts'
import type { Disposition, Verdict } from '@octopus/protocol/work.ts'

import type { Connect } from '#connection/talk.ts'

type Of<T extends FromClient['type']> = Extract<FromClient, { type: T }>

/** A server that keeps the contract, and whose manners a test changes. */
export interface FakeServer {
  readonly connect: Connect
  /** Everything the client said, in order, over all connections. Each message was parsed by the contract. */
  readonly heard: FromClient[]
  of<T extends FromClient['type']>(type: T): Of<T>[]
  send(message: FromServer): void
  /** The newest connection. */
  wire(): MemoryWire
  /** How many connections there were. */
  connections(): number
  up: boolean
  refuse: Omit<Refused, 'type'> | undefined
  verdict: (attempt: InventoryAttempt) => Verdict | undefined
  /** Undefined leaves a result unanswered. */
  disposition: () => Disposition | undefined
  acknowledgeOutput: boolean
  beats: boolean
  welcomes: boolean
  reconciles: boolean
  serverId: string
  /** What it says it speaks. */
  protocols: number[]
  /** Said directly after `welcome`. */
  afterWelcome: FromServer[]
  holdMs: number
}

const HEARTBEAT_MS = 10_000

export function createFakeServer(clock: Clock): FakeServer {
  const heard: FromClient[] = []
  let wire: MemoryWire | undefined
  let link: Link | undefined
  let connections = 0
  const server: FakeServer = {
    heard,
    of: <T extends FromClient['type']>(type: T) => heard.filter((message): message is Of<T> => message.type === type),
    send: (message) => link?.send(JSON.stringify(message)),
    wire: () => wire ?? assert.fail('nobody has connected'),
    connections: () => connections,
    up: true,
    refuse: undefined,
    verdict: (attempt) => (attempt.phase === 'ended' ? 'send-result' : 'go-on'),
    disposition: () => 'applied',
    acknowledgeOutput: true,
    beats: true,
    welcomes: true,
    reconciles: true,
    serverId: 'server-1',
    protocols: [1],
    afterWelcome: [],
    holdMs: 120_000,
    connect: async (events) => {
      if (!server.up) throw new Error('connection refused')
      connections++
      const ours = createMemoryWire(clock)
      wire = ours
      const life = new AbortController()
      let echo = 0
      let seq = 0
      let pieces = ''
      let beatenAt = -HEARTBEAT_MS
      const beat = (): void => {
        seq += 1
        if (server.beats) attached.send(JSON.stringify({ type: 'heartbeat', seq, echo, serverTime: clock.wall() }))
      }
      const attached = ours.server.attach({
        message: (text) => {
          const message = parse(text)
          if (message.type === 'piece') {
            pieces += message.text
            if (message.index < message.of - 1) return
          }
          const whole = message.type === 'piece' ? parse(pieces) : message
          if (message.type === 'piece') pieces = ''
          heard.push(whole)
          if (whole.type === 'heartbeat') {
            echo = Math.max(echo, whole.seq)
            // One that was sent between two regular ones is waited for.
            if (clock.monotonic() - beatenAt < HEARTBEAT_MS / 2) beat()
            beatenAt = clock.monotonic()
          }
          answer(server, (message) => attached.send(JSON.stringify(message)), whole)
        },
        closed: () => life.abort(new Error('closed')),
      })
      link = attached
      void regularly(clock, life.signal, beat)
      attached.send(JSON.stringify(challenge(clock, server)))
      return ours.client.attach(events)
    },
  }
  return server
}

function challenge(clock: Clock, { serverId, protocols }: FakeServer): FromServer {
  return { type: 'challenge', protocols, serverId, nonce: 'nonce', serverTime: clock.wall() }
}

/** Parses what the client sent, as strictly as the real server. */
function parse(text: string): FromClient {
  const parsed = parseFromClient(JSON.parse(text))
  assert.ok(parsed.ok, `the client broke the contract: ${text.slice(0, 300)} ${JSON.stringify(parsed)}`)
  return parsed.value
}

async function regularly(clock: Clock, signal: AbortSignal, beat: () => void): Promise<void> {
  for (;;) {
    try {
      await clock.after(HEARTBEAT_MS, signal)
    } catch {
      return
    }
    beat()
  }
}

function answer(server: FakeServer, send: (message: FromServer) => void, message: FromClient): void {
  switch (message.type) {
    case 'hello':
      if (server.refuse) return send({ type: 'refused', ...server.refuse })
      if (!server.welcomes) return
      send({
        type: 'welcome',
        sessionId: `01900000-0000-7000-8000-${String(server.of('hello').length).padStart(12, '0')}` as SessionId,
        serverEpoch: 1,
        heartbeatMs: HEARTBEAT_MS,
        presenceMs: 3 * HEARTBEAT_MS,
        holdMs: server.holdMs,
        downloadToken: 'download',
        limits: { messageBytesMax: 2_097_152, outputBytesMax: 1_048_576, resultBytesMax: 1_048_576 },
      })
      for (const extra of server.afterWelcome) send(extra)
      return
    case 'inventory': {
      const attempts = message.attempts.flatMap(({ execution, attempt, fence, ...rest }) => {
        const verdict = server.verdict({ execution, attempt, fence, ...rest })
        return verdict ? [{ execution, attempt, fence, verdict }] : []
      })
      if (server.reconciles) send({ type: 'reconciled', attempts, last: message.last })
      return
    }
    case 'result': {
      const results = message.results.flatMap(({ execution, attempt, fence }) => {
        const disposition = server.disposition()
        return disposition ? [{ execution, attempt, fence, disposition, code: '' }] : []
      })
      if (results.length > 0) send({ type: 'acknowledge', results, output: [] })
      return
    }
    case 'output':
      if (!server.acknowledgeOutput) return
      send({
        type: 'acknowledge',
        results: [],
        output: message.chunks.map(({ execution, attempt, fence, offset, text }) => ({
          execution,
          attempt,
          fence,
          storedBytes: offset + Buffer.byteLength(text),
        })),
      })
      return
    default:
  }
}
