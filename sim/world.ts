import type { LinkEvents, Link } from '@octopus/kit/link.ts'
import { createSeededRandom, pickIndex, type Random } from '@octopus/kit/random.ts'
import { createHandClock, type HandClock } from '@octopus/kit/testing/hand-clock.ts'
import { createMemoryWire, type MemoryWire } from '@octopus/kit/testing/memory-link.ts'
import type { Acknowledge, FromServer } from '@octopus/protocol/from-server.ts'
import type { TaskId, UserId } from '@octopus/protocol/ids.ts'
import type { Owner } from '@octopus/protocol/work.ts'
import { cancelWork } from '@octopus/server/executions/cancel-work.ts'
import { NO_RETRY } from '@octopus/server/executions/retry.ts'
import { occurrencesOf } from '@octopus/server/schedules/schedule.ts'
import type { TaskDefinition } from '@octopus/server/tasks/task.ts'

import { GroundTruth } from './ground-truth.ts'
import { SimClient } from './sim-client.ts'
import { SimServer } from './sim-server.ts'

const system = { kind: 'system', name: 'sim' } as const
/** The longest time a message is under way in one direction. */
const DELAY_MS_MAX = 40

/** A result the server has answered for: it must be in the store for ever. */
export type Acknowledged = Acknowledge['results'][number]

/** When a task is due first, as the server would say. */
function firstDue(definition: TaskDefinition, now: number): number {
  if (definition.type === 'ad-hoc') return definition.startAt ?? now
  return occurrencesOf(definition).next(now - 1) ?? now
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
  readonly truth = new GroundTruth()
  readonly server: SimServer
  readonly clients: SimClient[] = []
  /** Of each client. */
  readonly slots = 2
  readonly acknowledged: Acknowledged[] = []
  readonly tasks: TaskId[] = []
  userId: UserId | undefined
  readonly #slots: number
  #wires = new Map<MemoryWire, SimClient>()

  private constructor(seed: number, { folder, slots = 2 }: WorldOptions) {
    this.random = createSeededRandom(seed)
    this.server = new SimServer(this.clock, this.random, folder)
    this.#slots = slots
  }

  /** A server, a plugin, a user, and enrolled clients of which the first is the user's. */
  static async create(seed: number, clientCount: number, options: WorldOptions = {}): Promise<World> {
    const world = new World(seed, options)
    await world.during(world.server.start())
    await world.during(world.server.publishPlugin())
    const { store, engine } = world.server
    if (!store || !engine) throw new Error('the server did not start')
    const now = world.clock.wall()
    const about = { displayName: 'alice', role: null, passwordHash: null }
    await world.during(store.createUser({ now, actor: system, name: 'alice', ...about }))
    world.userId = (await world.during(store.readUser({ name: 'alice' })))?.id
    for (let i = 0; i < clientCount; i++) await world.#addClient(`pc-${i}`, i === 0 ? 'alice' : null)
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
    failsInPercent = 0,
  ): Promise<TaskId | undefined> {
    const { store, engine } = this.server
    if (!store || !engine) return undefined
    const definition: TaskDefinition = {
      name: 't',
      plugin: 'p',
      action: 'run',
      argsJson: JSON.stringify([durationMs, failsInPercent]),
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
      timeoutMs: 6e5,
      deadlineMs: 12e5,
      retry: NO_RETRY,
      priority: 0,
      onDisconnect: owner === 'anyone' ? 'stop' : 'continue',
      ...changes,
    }
    const now = this.clock.wall()
    const made = await store.createTask({ now, actor: system, definition, nextRunAt: firstDue(definition, now) })
    if (made.outcome !== 'created') throw new Error(made.outcome)
    this.tasks.push(made.task.id)
    engine.bus.publish('task-due', { task: made.task.id })
    return made.task.id
  }

  /** A person cancels a task, or one execution of any; lost if the server is down. */
  async cancelSome(): Promise<void> {
    const { store, engine } = this.server
    const task = this.tasks[pickIndex(this.random, this.tasks.length)]
    if (!store || !engine || task === undefined) return
    await cancelWork({ store, bus: engine.bus, clock: this.clock }, { task }, system)
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

  crashClient(client: SimClient): void {
    this.cutWires(client)
    client.crash()
  }

  /** The connection breaks; both processes live. */
  cutWires(client: SimClient): void {
    for (const [wire, of] of this.#wires) {
      if (of !== client) continue
      wire.cut('cut')
      this.#wires.delete(wire)
    }
  }

  /** Everything from and to this client hangs, without a word to either side. */
  stall(client: SimClient, lanes: { readonly toServer: boolean; readonly toClient: boolean }): void {
    for (const [wire, of] of this.#wires) {
      if (of !== client) continue
      wire.toServer.stalled = lanes.toServer
      wire.toClient.stalled = lanes.toClient
    }
  }

  aClient(): SimClient {
    const client = this.clients[pickIndex(this.random, this.clients.length)]
    if (!client) throw new Error('no clients')
    return client
  }

  close(): void {
    for (const client of this.clients) if (client.running) this.crashClient(client)
    this.crashServer()
    if (this.server.databases.main.isOpen) this.server.databases.close()
  }

  async #addClient(name: string, user: string | null): Promise<void> {
    const { store, engine } = this.server
    if (!store || !engine) throw new Error('the server is down')
    const { clock, random, truth } = this
    const slots = this.#slots
    const client = new SimClient({
      name,
      clock,
      random,
      truth,
      slots,
      dial: (events, from) => this.#dial(events, from),
    })
    const now = clock.wall()
    const tokenHash = `token of ${name}`
    const token = { hash: tokenHash, user, approves: true, maxUses: 1, expiresAt: now + 60_000 }
    await this.during(store.createEnrollmentToken({ now, actor: system, ...token }))
    const reported = { hostName: name, os: '', arch: '', account: '', wishedUser: null, labels: [] }
    const about = { publicKey: client.publicKey, fingerprint: name, name, version: '1', reported }
    const outcome = await this.during(store.enrollClient({ now, tokenHash, ...about }))
    if (outcome.outcome !== 'enrolled') throw new Error(outcome.outcome)
    client.id = outcome.id
    client.serverId = engine.serverId
    this.clients.push(client)
    client.start()
  }

  #dial(events: LinkEvents, from: SimClient): Link | undefined {
    const { engine } = this.server
    if (!engine) return undefined
    const wire = createMemoryWire(this.clock)
    wire.toClient.delayMs = this.random.fraction() * DELAY_MS_MAX
    wire.toServer.delayMs = this.random.fraction() * DELAY_MS_MAX
    wire.toClient.watch = (text) => this.#watch(text)
    this.#wires.set(wire, from)
    const clientLink = wire.client.attach(events)
    const late: { events?: ReturnType<typeof engine.door.open> } = {}
    const link = wire.server.attach({
      message: (text) => late.events?.message(text),
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

  /** What the server has answered for, as it leaves the server. */
  #watch(text: string): void {
    const message = JSON.parse(text) as FromServer
    if (message.type === 'acknowledge') this.acknowledged.push(...message.results)
  }
}
