import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

import { createClient } from '@octopus/client/client.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import type { Link, LinkEvents } from '@octopus/kit/link.ts'
import { silentLog } from '@octopus/kit/log.ts'
import type { Random } from '@octopus/kit/random.ts'
import { createMemoryDisk, type MemoryDisk } from '@octopus/kit/testing/memory-files.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { GroundTruth } from './ground-truth.ts'
import { mortalClock } from './mortal-clock.ts'
import { createSimRunnerPool } from './sim-runner.ts'
import { PLUGIN_SOURCE } from './sim-server.ts'

/** What stands before a raw Ed25519 seed in its PKCS #8 form (RFC 8410). */
const SEED_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
/** How long an fsync of the client's disk takes. */
const SYNC_MS = 2

/** A PC with a client on it, which can be killed and started again; its disk keeps what was fsynced. */
export class SimClient {
  readonly name: string
  readonly publicKey: string
  readonly disk: MemoryDisk
  readonly #key: KeyObject
  readonly #clock: Clock
  readonly #random: Random
  readonly #truth: GroundTruth
  readonly #slots: number
  readonly #dial: (events: LinkEvents, from: SimClient) => Link | undefined
  #life: AbortController | undefined
  id: ClientId | undefined
  serverId = ''

  constructor(needs: {
    readonly name: string
    readonly clock: Clock
    readonly random: Random
    readonly truth: GroundTruth
    readonly slots: number
    readonly dial: (events: LinkEvents, from: SimClient) => Link | undefined
  }) {
    this.name = needs.name
    this.#clock = needs.clock
    this.#random = needs.random
    this.#truth = needs.truth
    this.#slots = needs.slots
    this.#dial = needs.dial
    const der = Buffer.concat([SEED_PREFIX, needs.random.bytes(32)])
    this.#key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(this.#key).export({ format: 'der', type: 'spki' })
    this.publicKey = spki.subarray(-32).toString('base64url')
    this.disk = createMemoryDisk({ clock: needs.clock, syncMs: SYNC_MS })
  }

  get running(): boolean {
    return this.#life !== undefined
  }

  start(): void {
    const life = new AbortController()
    this.#life = life
    const clock = mortalClock(this.#clock, life.signal)
    const client = createClient({
      files: this.disk.mount(),
      clock,
      random: this.#random,
      log: silentLog,
      connect: async (events) => {
        await clock.after(this.#random.fraction() * 20, life.signal)
        const link = this.#dial(events, this)
        if (!link) throw new Error('connection refused')
        return link
      },
      fetchPlugin: async () => {
        await clock.after(this.#random.fraction() * 50, life.signal)
        return Buffer.from(PLUGIN_SOURCE)
      },
      runnerPool: createSimRunnerPool({
        clock,
        random: this.#random,
        truth: this.#truth,
        client: this.name,
        life: life.signal,
      }),
      killLeftOvers: () => Promise.resolve(),
      identity: {
        clientId: this.id as ClientId,
        serverId: this.serverId,
        sign: (text) => sign(null, Buffer.from(text), this.#key).toString('base64url'),
      },
      settings: {
        stateFolder: '/state',
        pluginsFolder: '/state/plugins',
        slots: this.#slots,
        heartbeatMs: 1e4,
        wishedUser: null,
        labels: [],
      },
      facts: {
        hostName: this.name,
        os: 'sim',
        arch: 'sim',
        account: 'sim',
        bootId: 'boot',
        load: () => 0,
        freeDiskBytes: () => Promise.resolve(Infinity),
      },
    })
    void client.run(new AbortController().signal)
  }

  /** The process is gone between two instructions; what it had not fsynced may be gone too. */
  crash(): void {
    this.#life?.abort(new Error('crashed'))
    this.#life = undefined
    this.disk.crash()
  }
}
