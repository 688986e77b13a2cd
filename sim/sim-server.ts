import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import { createUuidV7Maker, type IdMaker } from '@octopus/kit/ids.ts'
import { silentLog } from '@octopus/kit/log.ts'
import type { Random } from '@octopus/kit/random.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import { type Engine, startEngine } from '@octopus/server/engine.ts'
import { verifyEd25519 } from '@octopus/server/node-crypto.ts'
import {
  createLocalStore,
  type LocalDatabases,
  type LocalStore,
  openFolderDatabases,
  openMemoryDatabases,
} from '@octopus/server/store/sqlite/local-store.ts'

import { mortalClock, Stillness } from './mortal-clock.ts'

/** How long a transaction takes at most, so that a crash can come between a call and its commit. */
const COMMIT_MS_MAX = 4
export const HOLD_MS = 120_000

/** The plugin that every client runs; what it does is up to the simulated runner. */
export const PLUGIN_SOURCE = 'def run(ms):\n    pass\n'
export const PLUGIN_CHECKSUM = sha256Hex(PLUGIN_SOURCE) as Checksum
const system = { kind: 'system', name: 'sim' } as const

/** A server that can die between any two instructions; its databases are the disk and live on. */
export class SimServer {
  readonly #clock: Clock
  readonly #random: Random
  readonly #folder: string | undefined
  databases: LocalDatabases
  readonly ids: IdMaker
  #life = new AbortController()
  /** The process may be stopped for a while, and goes on as if nothing had been. */
  stillness = new Stillness()
  store: LocalStore | undefined
  engine: Engine | undefined

  /** With a folder, the disk is files in it, which are closed when the server dies and opened when it starts again. */
  constructor(clock: Clock, random: Random, folder?: string) {
    this.#clock = clock
    this.#random = random
    this.#folder = folder
    this.databases = this.#openDisk()
    this.ids = createUuidV7Maker(clock, random)
  }

  #openDisk(): LocalDatabases {
    const now = this.#clock.wall()
    return this.#folder === undefined ? openMemoryDatabases(now) : openFolderDatabases(this.#folder, now)
  }

  async start(): Promise<void> {
    if (!this.databases.main.isOpen) this.databases = this.#openDisk()
    this.#life = new AbortController()
    const life = this.#life.signal
    const clock = mortalClock(this.#clock, life, this.stillness)
    const random = this.#random
    this.store = createLocalStore({
      databases: this.databases,
      ids: this.ids,
      // Stands still during a batch: batches are never cut by the time that the simulation itself takes.
      clock: { monotonic: () => this.#clock.monotonic() },
      schedule: (run) => void clock.after(random.fraction() * COMMIT_MS_MAX, life).then(run, () => {}),
    })
    const { store, ids } = this
    const needs = { store, clock, random, ids, log: silentLog, holdMs: HOLD_MS, verify: verifyEd25519 }
    const engine = await startEngine(needs)
    if (!life.aborted) this.engine = engine
  }

  async publishPlugin(): Promise<void> {
    const version = { language: 'python', source: PLUGIN_SOURCE, checksum: PLUGIN_CHECKSUM } as const
    const about = { actions: [], doc: '', onlyIfNew: false }
    await this.store?.publishPlugin({ now: this.#clock.wall(), actor: system, name: 'p', ...version, ...about })
    this.engine?.bus.publish('plugins-changed', { name: 'p' })
  }

  crash(): void {
    this.engine = undefined
    this.store?.crash()
    this.store = undefined
    this.#life.abort(new Error('crashed'))
    this.stillness = new Stillness()
    if (this.#folder !== undefined && this.databases.main.isOpen) this.databases.close()
  }
}
