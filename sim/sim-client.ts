import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

import { createClient } from '@octopus/client/client.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import type { Link, LinkEvents } from '@octopus/kit/link.ts'
import { silentLog } from '@octopus/kit/log.ts'
import type { Random } from '@octopus/kit/random.ts'
import { createMemoryDisk, type MemoryDisk } from '@octopus/kit/testing/memory-files.ts'
import type { Checksum, ClientId } from '@octopus/protocol/ids.ts'

import type { GroundTruth } from './ground-truth.ts'
import { MachineClock } from './machine-clock.ts'
import { mortalClock, Stillness } from './mortal-clock.ts'
import { createSimRunnerPool } from './sim-runner.ts'

/** What stands before a raw Ed25519 seed in its PKCS #8 form (RFC 8410). */
const SEED_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
/** A service that ended by itself is started again after this time. */
const RESTART_MS = 5_000
/** How long an fsync of the client's disk takes. */
const SYNC_MS = 2

/** How long it takes to fetch a version of a plugin; over a bad line, much longer. */
const FETCH_MS_MAX = 50
const SLOW_FETCH_MS_MAX = 60_000
const SLOW_FETCH_IN_PERCENT = 30

interface SimClientNeeds {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly truth: GroundTruth
  readonly slots: number
  readonly dial: (events: LinkEvents, from: SimClient) => Link | undefined
  readonly sourceOf: (checksum: Checksum) => string
  /** False: what it asks for now does not arrive, or the answer does not. */
  readonly canFetch: (client: SimClient) => boolean
  /** Its process has ended by itself: what it had open is closed. */
  readonly gone: (client: SimClient) => void
}

/** A PC with a client on it, which can be killed and started again; its disk keeps what was fsynced. */
export class SimClient {
  readonly name: string
  readonly publicKey: string
  readonly disk: MemoryDisk
  readonly machine: MachineClock
  /** The client's process may be stopped for a while; so may its runners. */
  stillness = new Stillness()
  runnersStillness = new Stillness()
  /** Nothing can be written. */
  isDiskFull = false
  hasPython = true
  boots = 1
  /** When the PC slept, by the true time; `until` is missing while it sleeps. `isUnseen`: its monotonic clock stood still. */
  readonly slept: { readonly from: number; until: number | undefined; isUnseen: boolean }[] = []
  /** When its process went on after it had stood still last, and when its wall clock was set last, by the true time. */
  wentOnAt = 0
  clockSetAt = 0
  /** When its disk was full last, by the true time; `until` is missing while it is. */
  wasFull: { readonly from: number; until: number | undefined } | undefined
  /** Somebody has revoked it, or is about to. */
  isUnwanted = false
  /** The server has sent it away for good. */
  isRevoked = false
  id: ClientId | undefined
  serverId = ''
  readonly #needs: SimClientNeeds
  readonly #key: KeyObject
  #life: AbortController | undefined
  #politely = new AbortController()
  #ended: Promise<unknown> = Promise.resolve()

  constructor(needs: SimClientNeeds) {
    this.name = needs.name
    this.#needs = needs
    this.machine = new MachineClock(needs.clock)
    const der = Buffer.concat([SEED_PREFIX, needs.random.bytes(32)])
    this.#key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const spki = createPublicKey(this.#key).export({ format: 'der', type: 'spki' })
    this.publicKey = spki.subarray(-32).toString('base64url')
    this.disk = createMemoryDisk({ clock: needs.clock, syncMs: SYNC_MS })
    this.disk.fault = (operation) =>
      this.isDiskFull && (operation === 'append' || operation === 'replace')
        ? Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
        : undefined
  }

  /** It runs, and nothing is wrong with its PC. */
  get isWell(): boolean {
    return this.running && !this.stillness.isStill && !this.isDiskFull && this.hasPython
  }

  get running(): boolean {
    return this.#life !== undefined
  }

  start(): void {
    if (this.running || this.isRevoked) return
    const { random, truth, slots, dial, sourceOf } = this.#needs
    const life = new AbortController()
    this.#life = life
    this.stillness = new Stillness()
    this.runnersStillness = new Stillness()
    this.#politely = new AbortController()
    const clock = mortalClock(this.machine.clock, life.signal, this.stillness)
    const { stillness } = this
    const client = createClient({
      files: this.disk.mount(),
      clock,
      random,
      log: silentLog,
      connect: async (events) => {
        await clock.after(random.fraction() * 20, life.signal)
        const link = dial(events, this)
        if (!link) throw new Error('connection refused')
        return link
      },
      fetchPlugin: async ({ checksum }) => {
        const isSlow = random.fraction() * 100 < SLOW_FETCH_IN_PERCENT
        await clock.after(random.fraction() * (isSlow ? SLOW_FETCH_MS_MAX : FETCH_MS_MAX), life.signal)
        if (!this.#needs.canFetch(this)) throw new Error('nothing came')
        return Buffer.from(sourceOf(checksum))
      },
      runnerPool: createSimRunnerPool({
        clock: mortalClock(this.machine.clock, life.signal, this.runnersStillness),
        random,
        truth,
        client: this.name,
        life: life.signal,
        heard: () => stillness.over(),
        hasPython: () => this.hasPython,
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
        slots,
        heartbeatMs: 1e4,
        wishedUser: null,
        labels: [],
      },
      facts: {
        hostName: this.name,
        os: 'sim',
        arch: 'sim',
        account: 'sim',
        bootId: `boot ${this.boots}`,
        load: () => 0,
        freeDiskBytes: () => Promise.resolve(this.isDiskFull ? 0 : Infinity),
      },
    })
    this.#ended = client.run(this.#politely.signal).then(
      (outcome) => this.#over(life, outcome === 'revoked'),
      // Its journal cannot be opened: the service starts it again after a while.
      () => this.#over(life, false),
    )
  }

  /** The process is gone between two instructions; of what it had not fsynced this share is kept. */
  crash(unsyncedKept = 0): void {
    this.#life?.abort(new Error('crashed'))
    this.#life = undefined
    this.disk.crash(unsyncedKept)
  }

  /** Asked to end: resolves when the process has ended by itself. */
  async stop(): Promise<void> {
    this.#politely.abort(new Error('asked to stop'))
    await this.#ended
  }

  #over(life: AbortController, isRevoked: boolean): void {
    if (this.#life !== life) return
    this.isRevoked ||= isRevoked
    this.#needs.gone(this)
    this.crash(1)
    if (this.#politely.signal.aborted) return
    void this.#needs.clock.after(RESTART_MS, new AbortController().signal).then(() => this.start())
  }
}
