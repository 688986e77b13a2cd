import type { EpochMs } from '@octopus/kit/clock.ts'
import type { LinkEvents, Link } from '@octopus/kit/link.ts'
import { createSeededRandom, pickIndex, type Random } from '@octopus/kit/random.ts'
import { createHandClock, type HandClock } from '@octopus/kit/testing/hand-clock.ts'
import { createMemoryWire, type MemoryWire } from '@octopus/kit/testing/memory-link.ts'
import type { FromClient, Inventory } from '@octopus/protocol/from-client.ts'
import type { Acknowledge, FromServer } from '@octopus/protocol/from-server.ts'
import type { TaskId, UserId } from '@octopus/protocol/ids.ts'
import type { Owner } from '@octopus/protocol/work.ts'
import { NO_RETRY } from '@octopus/server/executions/retry.ts'
import { occurrencesOf } from '@octopus/server/schedules/schedule.ts'
import type { TaskDefinition } from '@octopus/server/tasks/task.ts'

import { GroundTruth } from './ground-truth.ts'
import { Liar } from './liar.ts'
import { SimClient } from './sim-client.ts'
import type { SimArguments } from './sim-runner.ts'
import { type Backup, SimServer } from './sim-server.ts'

const system = { kind: 'system', name: 'sim' } as const
/** The longest time a message is under way in one direction. */
const DELAY_MS_MAX = 40
/** A server whose disk failed is back after this time. */
const FATAL_RESTART_MS = 3_000

/** How long a PC may take to stop what it must not run any more, once it is awake. */
export const AWAKE_MS = 15_000

/** A result the server has answered for: it must be in the store for ever. */
export type Acknowledged = Acknowledge['results'][number]

/** When a task is due first, as the server would say. */
function firstDue(definition: TaskDefinition, now: number): number {
  if (definition.type === 'ad-hoc') return definition.startAt ?? now
  return occurrencesOf(definition).next(now - 1) ?? now
}

/** What becomes of messages between a client and the server, in both directions. */
export interface Line {
  readonly copies?: (text: string) => number
  readonly late?: () => boolean
  readonly delayMs?: number
}

/** A hand-over as it left the server. */
export interface Offer {
  readonly client: string
  /** By the true time. */
  readonly sentAt: number
  readonly startWithinMs: number
}

/** In which directions nothing arrives. */
interface Lanes {
  readonly toServer: boolean
  readonly toClient: boolean
}

export interface WorldOptions {
  /** Where the server keeps its files; in memory unless it is given. */
  readonly folder?: string
  /** Executions that a client runs side by side. */
  readonly slots?: number
}

/** One server and some clients in one process, in virtual time, from one seed. */
export class World {
  readonly clock: HandClock = createHandClock()
  readonly random: Random
  readonly truth: GroundTruth
  readonly server: SimServer
  readonly clients: SimClient[] = []
  /** Of each client. */
  readonly slots = 2
  readonly acknowledged: Acknowledged[] = []
  readonly tasks: TaskId[] = []
  /** Those of them that repeat. */
  readonly schedules: TaskId[] = []
  userId: UserId | undefined
  /** Hand-overs that were lost on a connection that went on: the fence of each. */
  readonly swallowed = new Set<number>()
  /** Every hand-over that was sent, by its fence. */
  readonly offers = new Map<number, Offer>()
  /** Messages to a client that were none of its business. */
  readonly strays: string[] = []
  /** Executions that a liar has told of. */
  readonly liedAbout = new Set<string>()
  readonly #liars = new Map<SimClient, Liar>()
  /** How often the store went back to a backup: what was promised before is forgotten. */
  restores = 0
  readonly #slots: number
  #isBeingRestored = false
  #named = 0
  #wires = new Map<MemoryWire, SimClient>()
  readonly #lines = new Map<SimClient, Line>()
  readonly #stalled = new Map<SimClient, Lanes>()
  /** On which connection of a client everything that it holds was settled. */
  readonly #settled = new Map<SimClient, MemoryWire>()
  /** When the newest heartbeat of a client was sent of those that the server has taken: from then on its hold counts. */
  readonly heardAt = new Map<string, EpochMs>()
  /** What each client said last that it holds. */
  readonly inventories = new Map<SimClient, { readonly attempts: Inventory['attempts']; isWhole: boolean }>()

  private constructor(seed: number, { folder, slots = 2 }: WorldOptions) {
    this.random = createSeededRandom(seed)
    this.truth = new GroundTruth(this.clock)
    this.server = new SimServer(this.clock, this.random, folder)
    this.#slots = slots
  }

  /** A server, a plugin, a user, and enrolled clients of which the first is the user's. */
  static async create(seed: number, clientCount: number, options: WorldOptions = {}): Promise<World> {
    const world = new World(seed, options)
    await world.during(world.startServer())
    await world.during(world.server.publishPlugin())
    await world.during(world.server.publishForeignPlugin())
    const { store, engine } = world.server
    if (!store || !engine) throw new Error('the server did not start')
    const now = world.clock.wall()
    const about = { displayName: 'alice', role: null, passwordHash: null }
    await world.during(store.createUser({ now, actor: system, name: 'alice', ...about }))
    world.userId = (await world.during(store.readUser({ name: 'alice' })))?.id
    for (let i = 0; i < clientCount; i++) await world.during(world.addClient(i === 0 ? 'alice' : null))
    return world
  }

  /** Lets virtual time pass until the promise has settled. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    void promise.finally(() => (settled = true)).catch(() => {})
    await this.clock.settle()
    while (!settled && (await this.step())) await this.clock.settle()
    return promise
  }

  /** The next thing that time brings. False: nobody waits for anything. */
  async step(): Promise<boolean> {
    const next = this.clock.nextTimerMs()
    if (next === undefined) return false
    await this.clock.advance(next)
    return true
  }

  /** A task of an owner whose plugin takes this long; lost if the server is down, as a failed request is. */
  async submit(
    owner: Owner,
    durationMs: number,
    changes: Partial<TaskDefinition> = {},
    { failsInPercent = 0, isStubborn = false } = {},
  ): Promise<TaskId | undefined> {
    const { store, engine } = this.server
    if (!store || !engine) return undefined
    const definition: TaskDefinition = {
      name: 't',
      plugin: 'p',
      action: 'run',
      argsJson: JSON.stringify([durationMs, failsInPercent, isStubborn] satisfies SimArguments),
      kwargsJson: '{}',
      owner,
      userId: owner === 'user' ? (this.userId ?? null) : null,
      type: 'ad-hoc',
      startAt: null,
      endAt: null,
      intervalMs: null,
      cron: null,
      timeZone: null,
      catchUp: 'last',
      overlap: 'skip',
      timeoutMs: 3e5,
      deadlineMs: 4e5,
      retry: NO_RETRY,
      priority: 0,
      onDisconnect: owner === 'anyone' ? 'stop' : 'continue',
      ...changes,
    }
    const now = this.server.machine.clock.wall()
    const made = await store.createTask({ now, actor: system, definition, nextRunAt: firstDue(definition, now) })
    if (made.outcome !== 'created') throw new Error(made.outcome)
    this.tasks.push(made.task.id)
    if (definition.type === 'scheduled') this.schedules.push(made.task.id)
    engine.bus.publish('task-due', { task: made.task.id })
    return made.task.id
  }

  /** The server's process stands still, and so does what it would read. */
  holdServer(): void {
    this.server.stillness.stop()
    for (const wire of this.#wires.keys()) wire.toServer.stalled = true
  }

  letServerGoOn(): void {
    for (const wire of this.#wires.keys()) wire.toServer.stalled = false
    this.server.stillness.goOn()
  }

  crashServer(): void {
    for (const wire of this.#wires.keys()) wire.cut('the server crashed')
    this.#wires.clear()
    this.server.crash()
  }

  /** Who ends because of its disk, also in its start, is started again, as a service is. */
  async startServer(): Promise<void> {
    const again = (): void => {
      this.crashServer()
      void this.clock.after(FATAL_RESTART_MS, new AbortController().signal).then(() => this.startServerAgain())
    }
    await this.server.start(again).catch(again)
  }

  /** Unless it runs, or somebody is starting it or putting its disk in order. */
  async startServerAgain(): Promise<void> {
    if (!this.server.isDown || this.#isBeingRestored) return
    await this.startServer()
  }

  /** The store becomes what it was, after a while in which the server is down; what was said since is forgotten. */
  async restore(backup: Backup, lasts: () => Promise<void>): Promise<void> {
    this.#isBeingRestored = true
    this.crashServer()
    await lasts()
    await this.server.restore(backup)
    this.#isBeingRestored = false
    this.restores += 1
    this.acknowledged.length = 0
    for (const attempt of this.truth.attempts) attempt.isForgotten = true
  }

  crashClient(client: SimClient, unsyncedKept = 0): void {
    this.cutWires(client)
    client.crash(unsyncedKept)
  }

  /** SIGSTOP: what is sent to it waits in its socket. */
  holdClient(client: SimClient): void {
    client.stillness.stop()
    this.stall(client, { toServer: false, toClient: true })
  }

  letClientGoOn(client: SimClient): void {
    client.stillness.goOn()
    client.wentOnAt = this.clock.wall()
    this.stall(client, { toServer: false, toClient: false })
  }

  /** From now on, on the connection it has and on those to come. */
  setLine(client: SimClient, line: Line): void {
    this.#lines.set(client, line)
    for (const [wire, of] of this.#wires) if (of === client) this.#spoil(wire, line)
  }

  mendLine(client: SimClient): void {
    this.setLine(client, {})
    this.#lines.delete(client)
  }

  /** From the next connection on, until it is told the truth again. */
  setLying(client: SimClient, isLying: boolean): void {
    const { random, liedAbout } = this
    const wall = (): number => client.machine.clock.wall()
    const others = (): readonly string[] => this.truth.attempts.map(({ key }) => key.execution)
    if (isLying) this.#liars.set(client, new Liar({ random, wall, liedAbout, others }))
    else this.#liars.delete(client)
    this.cutWires(client)
  }

  #spoil(wire: MemoryWire, { copies = () => 1, late = () => false, delayMs }: Line): void {
    for (const lane of [wire.toClient, wire.toServer]) {
      lane.copies = copies
      lane.late = late
      lane.delayMs = delayMs ?? this.random.fraction() * DELAY_MS_MAX
    }
  }

  /** The connection breaks; both processes live. */
  cutWires(client: SimClient): void {
    for (const [wire, of] of this.#wires) {
      if (of !== client) continue
      wire.cut('cut')
      this.#wires.delete(wire)
    }
  }

  /** Everything from and to this client hangs, without a word to either side; also on the connections it opens anew. */
  stall(client: SimClient, lanes: Lanes): void {
    this.#stalled.set(client, lanes)
    for (const [wire, of] of this.#wires) {
      if (of !== client) continue
      wire.toServer.stalled = lanes.toServer
      wire.toClient.stalled = lanes.toClient
    }
  }

  /** The connection on which client and server, both at work, hear all that they say to each other; undefined: they do not. */
  contactOf(client: SimClient): MemoryWire | undefined {
    const wire = this.#settled.get(client)
    if (!wire?.isOpen() || wire.toServer.stalled || wire.toClient.stalled) return undefined
    if (!client.running || client.stillness.isStill || client.runnersStillness.isStill) return undefined
    return this.#lines.has(client) || this.#liars.has(client) || !this.server.isWell ? undefined : wire
  }

  /** A PC that slept can stop nothing meanwhile; awake, it has so long. */
  mayBeOverdue(name: string): boolean {
    const slept = this.clients.find((client) => client.name === name)?.slept.at(-1)
    return slept !== undefined && (slept.until === undefined || this.clock.wall() < slept.until + AWAKE_MS)
  }

  knows(execution: string): boolean {
    return this.server.databases.main.prepare('select 1 from execution where id = ?').get(execution) !== undefined
  }

  aClient(): SimClient {
    const client = this.clients[pickIndex(this.random, this.clients.length)]
    if (!client) throw new Error('no clients')
    return client
  }

  /** One that has work in hand, if there is one: with the others little can go wrong. */
  aBusyClient(): SimClient {
    const { main } = this.server.databases
    if (!main.isOpen) return this.aClient()
    const rows = main
      .prepare(`select distinct client_id as id from execution where state in ('assigned', 'running', 'disconnected')`)
      .all()
    const busy = this.clients.filter(({ id }) => rows.some((row) => row['id'] === id))
    return busy[pickIndex(this.random, busy.length)] ?? this.aClient()
  }

  close(): void {
    for (const client of this.clients) if (client.running) this.crashClient(client)
    this.crashServer()
    if (this.server.databases.main.isOpen) this.server.databases.close()
  }

  /** Another PC; nothing happens while the server is down. */
  async addClient(user: string | null): Promise<void> {
    const { store, engine, machine } = this.server
    if (!store || !engine) return
    const { clock, random, truth } = this
    const slots = this.#slots
    const name = `pc-${this.#named++}`
    const client = new SimClient({
      name,
      clock,
      random,
      truth,
      slots,
      dial: (events, from) => this.#dial(events, from),
      sourceOf: (checksum) => this.server.sourceOf(checksum),
      canFetch: (from) => this.#canFetch(from),
      gone: (from) => this.cutWires(from),
    })
    const now = machine.clock.wall()
    const tokenHash = `token of ${name}`
    const token = { hash: tokenHash, user, approves: true, maxUses: 1, expiresAt: now + 60_000 }
    await store.createEnrollmentToken({ now, actor: system, ...token })
    const reported = { hostName: name, os: '', arch: '', account: '', wishedUser: null, labels: [] }
    const about = { publicKey: client.publicKey, fingerprint: name, name, version: '1', reported }
    const outcome = await store.enrollClient({ now, tokenHash, ...about })
    if (outcome.outcome !== 'enrolled') throw new Error(outcome.outcome)
    client.id = outcome.id
    client.serverId = engine.serverId
    this.clients.push(client)
    client.start()
  }

  #canFetch(client: SimClient): boolean {
    const { toServer, toClient } = this.#stalled.get(client) ?? { toServer: false, toClient: false }
    return this.server.engine !== undefined && !toServer && !toClient
  }

  #dial(events: LinkEvents, from: SimClient): Link | undefined {
    const { engine } = this.server
    if (!engine) return undefined
    const wire = createMemoryWire(this.clock)
    this.#spoil(wire, this.#lines.get(from) ?? {})
    const beats = new Map<string, EpochMs>()
    wire.toClient.watch = (text) => this.#watch(from, wire, text)
    wire.toServer.watch = (text) => this.#watchClient(from, beats, text)
    this.#wires.set(wire, from)
    const { toServer, toClient } = this.#stalled.get(from) ?? { toServer: false, toClient: false }
    wire.toServer.stalled = toServer
    wire.toClient.stalled = toClient
    const honest = wire.client.attach(events)
    const clientLink: Link = {
      ...honest,
      send: (text) => {
        for (const said of this.#liars.get(from)?.instead(text) ?? [text]) honest.send(said)
      },
    }
    const late: { events?: ReturnType<typeof engine.door.open> } = {}
    const link = wire.server.attach({
      message: (text) => {
        const sentAt = beats.get(text)
        if (sentAt !== undefined) this.heardAt.set(from.name, Math.max(sentAt, this.heardAt.get(from.name) ?? 0))
        late.events?.message(text)
      },
      closed: (reason) => {
        this.#wires.delete(wire)
        late.events?.closed(reason)
      },
    })
    const ping = (): void => {
      if (wire.isOpen() && from.running && !wire.toClient.stalled) queueMicrotask(() => late.events?.pong())
    }
    // What is sent is read at once: nobody here sends too much.
    const reading = { pause: () => {}, resume: () => {} }
    late.events = engine.door.open({ ...link, ...reading, ping }, { address: from.name })
    return clientLink
  }

  /** What the server has answered for and handed out, as it leaves the server. */
  #watch(to: SimClient, wire: MemoryWire, text: string): void {
    const message = JSON.parse(text) as FromServer
    if (message.type === 'reconciled' && message.last) this.#settled.set(to, wire)
    if (message.type === 'acknowledge') this.acknowledged.push(...message.results)
    if (message.type !== 'execute') return
    for (const { execution, fence, startWithinMs } of message.executions) {
      this.offers.set(fence, { client: to.name, sentAt: this.clock.wall(), startWithinMs })
      const row = this.server.databases.main
        .prepare('select client_id from execution where id = ? and fence = ?')
        .get(execution, fence)
      // A row that is missing has gone on meanwhile: the message was written after the commit.
      if (row !== undefined && row['client_id'] !== to.id) this.strays.push(`${execution} was sent to ${to.name}`)
    }
  }

  #watchClient(from: SimClient, beats: Map<string, EpochMs>, text: string): void {
    const message = JSON.parse(text) as FromClient
    if (message.type === 'hello' || message.type === 'heartbeat') beats.set(text, this.clock.wall())
    if (message.type === 'hello') this.inventories.set(from, { attempts: [], isWhole: false })
    const inventory = this.inventories.get(from)
    if (message.type !== 'inventory' || !inventory) return
    inventory.attempts.push(...message.attempts)
    inventory.isWhole = message.last
  }
}
