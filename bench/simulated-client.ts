import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type Agent, get } from 'node:http'

import { unpackToken } from '@octopus/protocol/enroll.ts'
import { helloText, type Inventory, type ResultItem } from '@octopus/protocol/from-client.ts'
import type { FromServer } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { PROTOCOL } from '@octopus/protocol/version.ts'
import { WebSocket } from 'ws'

/** What all clients of a fleet share. */
export interface FleetNeeds {
  readonly url: string
  readonly slots: number
  readonly agent: Agent
  readonly counters: Counters
  /** A counter moved. */
  readonly moved: () => void
}

export interface Counters {
  /** Sessions that are ready. */
  online: number
  /** Results that the server has answered for. */
  acknowledged: number
  /** Manifests that are complete here and told to the server. */
  synced: number
}

/** The interval that each client wishes. */
const HEARTBEAT_MS = 10_000

/**
 * A client without plugins, journal and checks: it speaks the real protocol over a real socket, fetches what the
 * manifest lists, and answers every execution at once.
 */
export class SimulatedClient {
  readonly #needs: FleetNeeds
  readonly #id: ClientId
  readonly #serverId: string
  readonly #key: KeyObject
  readonly #has = new Set<string>()
  #socket: WebSocket | undefined
  #downloadToken = ''
  #seq = 0
  #journalSeq = 0

  constructor(needs: FleetNeeds, enrolled: { clientId: ClientId; serverId: string }, key: KeyObject) {
    this.#needs = needs
    this.#id = enrolled.clientId
    this.#serverId = enrolled.serverId
    this.#key = key
  }

  /** First contact, as a real client makes it. */
  static async enroll(needs: FleetNeeds, token: string, name: string): Promise<SimulatedClient> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url')
    const secret = unpackToken(token)?.secret
    const response = await fetch(`${needs.url}/client/v1/enroll`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ secret, publicKey: raw, name, version: '0', reported: REPORTED }),
    })
    if (!response.ok) throw new Error(`enrol: ${response.status} ${await response.text()}`)
    return new SimulatedClient(needs, (await response.json()) as never, privateKey)
  }

  /** Resolves when the session is ready. */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${this.#needs.url.replace('http', 'ws')}/client/v1/session`, {
        perMessageDeflate: false,
      })
      this.#socket = socket
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as FromServer
        if (message.type === 'reconciled') {
          this.#needs.counters.online += 1
          this.#needs.moved()
          resolve()
        } else this.#hear(message)
      })
      socket.on('error', reject)
      socket.on('close', (code, reason) => reject(new Error(`closed: ${code} ${reason.toString()}`)))
    })
  }

  beat(): void {
    this.#seq += 1
    this.#say({ type: 'heartbeat', seq: this.#seq, echo: 0, clientTime: Date.now(), load: 0, freeSlots: 1 })
  }

  close(): void {
    this.#socket?.terminate()
  }

  #hear(message: FromServer): void {
    switch (message.type) {
      case 'challenge':
        return this.#greet(message.nonce)
      case 'welcome':
        this.#downloadToken = message.downloadToken
        return this.#say(inventoryOf(this.#needs.slots))
      case 'execute':
        return this.#execute(message.executions)
      case 'acknowledge':
        this.#needs.counters.acknowledged += message.results.length
        return this.#needs.moved()
      case 'plugins':
        return void this.#sync(message).catch((error: unknown) => console.error(error))
      case 'refused':
        throw new Error(`refused: ${message.reason}`)
      default:
    }
  }

  #greet(nonce: string): void {
    const text = helloText({ serverId: this.#serverId, clientId: this.#id, nonce, protocol: PROTOCOL })
    const signature = sign(null, Buffer.from(text), this.#key).toString('base64url')
    const about = { clientId: this.#id, journalId: this.#id, bootId: 'boot', version: '0' }
    this.#say({ type: 'hello', protocol: PROTOCOL, ...about, heartbeatMs: HEARTBEAT_MS, signature })
  }

  #execute(items: Extract<FromServer, { type: 'execute' }>['executions']): void {
    const now = Date.now()
    this.#say({
      type: 'accepted',
      executions: items.map(({ execution, attempt, fence }) => ({ execution, attempt, fence })),
    })
    const results = items.map(({ execution, attempt, fence, fenceProof }): ResultItem => {
      const end = { end: 'succeeded', reason: 'finished', valueJson: 'null', valueKind: 'json', error: null } as const
      const times = { startedAt: now, endedAt: now }
      const output = { outputBytes: 0, cut: { output: false, value: false } }
      return { execution, attempt, fence, fenceProof, ...end, ...times, ...output }
    })
    this.#journalSeq += 2 * items.length
    this.#say({ type: 'result', journalSeq: this.#journalSeq, results })
  }

  async #sync(message: Extract<FromServer, { type: 'plugins' }>): Promise<void> {
    const lacking = message.changed.filter(({ checksum }) => !this.#has.has(checksum))
    await Promise.all(
      lacking.map(async ({ checksum }) => {
        const bytes = await this.#fetch(checksum)
        if (createHash('sha256').update(bytes).digest('hex') !== checksum) throw new Error('wrong bytes')
        this.#has.add(checksum)
      }),
    )
    this.#say({ type: 'synced', revision: message.revision, missing: [] })
    this.#needs.counters.synced += 1
    this.#needs.moved()
  }

  #fetch(checksum: string): Promise<Buffer> {
    const { url, agent } = this.#needs
    const headers = { authorization: `Octopus-Session ${this.#downloadToken}` }
    return new Promise((resolve, reject) => {
      get(`${url}/client/v1/plugins/${checksum}`, { agent, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve(Buffer.concat(chunks)))
      }).on('error', reject)
    })
  }

  #say(message: object): void {
    this.#socket?.send(JSON.stringify(message))
  }
}

const REPORTED: Inventory['reported'] = {
  hostName: 'simulated',
  os: 'none',
  arch: 'none',
  account: 'bench',
  wishedUser: null,
  labels: [],
}

function inventoryOf(slots: number): Inventory {
  const runtimes: Inventory['runtimes'] = [{ language: 'python', version: '3' }]
  const state = { manifestRevision: 0, journalSeq: 0, attempts: [] }
  return { type: 'inventory', last: true, runtimes, reported: REPORTED, slots, ...state }
}
