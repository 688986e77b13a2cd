import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Clock } from '@octopus/kit/clock.ts'
import { createUuidV7Maker, type IdMaker } from '@octopus/kit/ids.ts'
import { silentLog } from '@octopus/kit/log.ts'
import type { Random } from '@octopus/kit/random.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'
import { settleRestored } from '@octopus/server/backup/settle-restored.ts'
import type { DiskLevel } from '@octopus/server/disk/disk-level.ts'
import { type Engine, startEngine } from '@octopus/server/engine.ts'
import { verifyEd25519 } from '@octopus/server/node-crypto.ts'
import { occurrencesOf } from '@octopus/server/schedules/schedule.ts'
import {
  createLocalStore,
  type LocalDatabases,
  type LocalStore,
  openFolderDatabases,
} from '@octopus/server/store/sqlite/local-store.ts'

import { FaultyCommits } from './faulty-commits.ts'
import { MachineClock } from './machine-clock.ts'
import { openMemoryDisk } from './memory-disk.ts'
import { mortalClock, Stillness } from './mortal-clock.ts'

/** How long a transaction takes at most, so that a crash can come between a call and its commit. */
const COMMIT_MS_MAX = 4
/** Some answers of the thread that reads are overtaken by those of the thread that writes, which it had not seen yet. */
const OVERTAKEN = 0.1
const OVERTAKEN_MS_MAX = 3 * COMMIT_MS_MAX
/** The plugin that none of the PCs can run. */
export const FOREIGN_PLUGIN = 'q'
export const HOLD_MS = 120_000
const PAGES_MAX = 1_073_741_823

const system = { kind: 'system', name: 'sim' } as const

/** A copy of the store, as a person makes one for bad days. */
export interface Backup {
  readonly main: Uint8Array
  readonly madeAt: number
}

/** A server that can die between any two instructions; its databases are the disk and live on. */
export class SimServer {
  readonly machine: MachineClock
  readonly #clock: Clock
  readonly #random: Random
  readonly #folder: string | undefined
  databases: LocalDatabases
  readonly ids: IdMaker
  readonly commits = new FaultyCommits()
  #life = new AbortController()
  /** The process may be stopped for a while, and goes on as if nothing had been. */
  stillness = new Stillness()
  store: LocalStore | undefined
  engine: Engine | undefined
  /** Until when its clock went wrong last, by the true time; undefined: it still does. */
  wasSet: { readonly until: number | undefined } | undefined
  /** Nothing of it runs: it has crashed, or was stopped. */
  isDown = true
  /** It was asked to stop: its loops have ended or are about to. */
  isStopping = false
  /** What every version of the plugin looks like; what it does is up to the simulated runner. */
  readonly #sources = new Map<Checksum, string>()
  #versions = 0
  #diskLevel: DiskLevel = 'roomy'
  #isDiskFull = false

  /** With a folder, the disk is files in it, which are closed when the server dies and opened when it starts again. */
  constructor(clock: Clock, random: Random, folder?: string) {
    this.machine = new MachineClock(clock)
    this.#clock = clock
    this.#random = random
    this.#folder = folder
    this.databases = this.#openDisk()
    this.ids = createUuidV7Maker(this.machine.clock, random)
  }

  #openDisk(): LocalDatabases {
    const now = this.machine.clock.wall()
    return this.#folder === undefined ? openMemoryDisk(now) : openFolderDatabases(this.#folder, now)
  }

  /** `fatal` is told when the process has to end, because nobody knows what is on the disk. */
  async start(fatal: () => void = () => {}): Promise<void> {
    if (!this.databases.main.isOpen) this.databases = this.#openDisk()
    this.isDown = false
    this.#life = new AbortController()
    const life = this.#life.signal
    const clock = mortalClock(this.machine.clock, life, this.stillness)
    const random = this.#random
    const { main, output } = this.databases
    const store = createLocalStore({
      databases: { main: this.commits.over(main), output, close: () => this.databases.close() },
      ids: this.ids,
      // Stands still during a batch: batches are never cut by the time that the simulation itself takes.
      clock: { monotonic: () => this.#clock.monotonic() },
      schedule: (run) => void clock.after(random.fraction() * COMMIT_MS_MAX, life).then(run, () => {}),
      onFatal: () => void Promise.resolve().then(() => life.aborted || fatal()),
    })
    const isOvertaken = (): boolean => random.fraction() < OVERTAKEN
    this.store = slowToAnswer(store, () =>
      isOvertaken() ? clock.after(random.fraction() * OVERTAKEN_MS_MAX, life).catch(() => {}) : undefined,
    )
    const { ids } = this
    const diskLevel = (): DiskLevel => this.#diskLevel
    const needs = {
      store: this.store,
      clock,
      random,
      ids,
      log: silentLog,
      holdMs: HOLD_MS,
      verify: verifyEd25519,
      diskLevel,
    }
    const engine = await startEngine(needs)
    if (!life.aborted) this.engine = engine
  }

  /** Another version than all before. */
  async publishPlugin(): Promise<void> {
    this.#versions += 1
    const source = `def run(ms, fails, stubborn):\n    pass  # ${this.#versions}\n`
    await this.#publish('p', 'python', source)
  }

  /** In a language that no PC has. */
  async publishForeignPlugin(): Promise<void> {
    await this.#publish(FOREIGN_PLUGIN, 'shell', 'run() { :; }\n')
  }

  async #publish(name: string, language: Language, source: string): Promise<void> {
    const checksum = sha256Hex(source) as Checksum
    this.#sources.set(checksum, source)
    const version = { language, source, checksum, actions: [], doc: '', onlyIfNew: false }
    await this.store?.publishPlugin({ now: this.machine.clock.wall(), actor: system, name, ...version })
    this.engine?.bus.publish('plugins-changed', { name })
  }

  sourceOf(checksum: Checksum): string {
    const source = this.#sources.get(checksum)
    if (source === undefined) throw new Error(`there is no plugin ${checksum}`)
    return source
  }

  /** No page more can be written; a server that watches its disk may have noticed before. */
  fillDisk(isNoticed: boolean): void {
    this.#isDiskFull = true
    const { main } = this.databases
    const { page_count: pages } = main.prepare('pragma page_count').get() as { page_count: number }
    main.exec(`pragma max_page_count = ${pages}`)
    this.#setLevel(isNoticed ? 'full' : 'roomy')
  }

  emptyDisk(): void {
    this.#isDiskFull = false
    if (this.databases.main.isOpen) this.databases.main.exec(`pragma max_page_count = ${PAGES_MAX}`)
    this.#setLevel('roomy')
  }

  #setLevel(level: DiskLevel): void {
    if (level === this.#diskLevel) return
    this.#diskLevel = level
    this.engine?.bus.publish('disk-level', { level })
  }

  get isDiskFull(): boolean {
    return this.#isDiskFull
  }

  /** It runs, and can write. */
  get isWell(): boolean {
    return !this.isDown && !this.stillness.isStill && !this.#isDiskFull
  }

  /** While it runs. */
  backUp(): Backup {
    return { main: this.databases.main.serialize(), madeAt: this.machine.clock.wall() }
  }

  /** Of a server that is down: the store is what it was, and safe to go on with. */
  async restore(backup: Backup): Promise<void> {
    const replaced = this.databases.main
    const counted = replaced.prepare("select value from counter where name = 'fence'").get() as
      | { value: number }
      | undefined
    const databases = openMemoryDisk(this.machine.clock.wall())
    databases.main.deserialize(backup.main)
    this.databases.close()
    this.databases = databases
    const store = createLocalStore({
      databases,
      ids: this.ids,
      clock: { monotonic: () => this.#clock.monotonic() },
      schedule: (run) => queueMicrotask(run),
    })
    await settleRestored(
      { store, clock: this.machine.clock, nextAfter: (task, after) => occurrencesOf(task).next(after) },
      { madeAt: backup.madeAt, replacedFence: counted?.value ?? 0 },
    )
  }

  /** Resolves when the process that runs now has died: who waits for its answer waits in vain. */
  crashed(): Promise<void> {
    const { signal } = this.#life
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  crash(): void {
    this.isDown = true
    this.isStopping = false
    this.engine = undefined
    this.store?.crash()
    this.store = undefined
    this.#life.abort(new Error('crashed'))
    this.stillness = new Stillness()
    if (this.#folder !== undefined && this.databases.main.isOpen) this.databases.close()
  }
}

/** The same store, whose reads are answered, now and then, with what was true a moment ago. */
function slowToAnswer(store: LocalStore, wait: () => Promise<void> | undefined): LocalStore {
  const reads = Object.entries(store).filter(([verb]) => verb.startsWith('read'))
  const slow = reads.map(([verb, read]) => [
    verb,
    async (input: object): Promise<unknown> => {
      const answer: unknown = await (read as (input: object) => Promise<unknown>)(input)
      await wait()
      return answer
    },
  ])
  return { ...store, ...Object.fromEntries(slow) }
}
