import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Ms } from '@octopus/kit/clock.ts'
import type { IdMaker } from '@octopus/kit/ids.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { silentLog } from '@octopus/kit/log.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createHandClock, type HandClock } from '@octopus/kit/testing/hand-clock.ts'
import type { Checksum, ExecutionId, TaskId, UserId } from '@octopus/protocol/ids.ts'

import type { DiskLevel } from '#disk/disk-level.ts'
import { type Engine, startEngine } from '#engine.ts'
import type { ExecutionDetail, ExecutionRecord } from '#executions/execution-store.ts'
import { NO_RETRY } from '#executions/retry.ts'
import { verifyEd25519 } from '#node-crypto.ts'
import {
  createLocalStore,
  type LocalDatabases,
  type LocalStore,
  openMemoryDatabases,
} from '#store/sqlite/local-store.ts'
import type { TaskDefinition, TaskRecord } from '#tasks/task.ts'

import { ScriptedClient } from './scripted-client.ts'

const system = { kind: 'system', name: 'test' } as const

/** A server in virtual time over a real SQL core, with scripted clients. */
export class EngineWorld implements AsyncDisposable {
  readonly clock: HandClock = createHandClock()
  readonly random = createSeededRandom(7)
  readonly ids: IdMaker = createUuidV7Maker(this.clock, this.random)
  readonly databases: LocalDatabases = openMemoryDatabases(this.clock.wall())
  /** What the room on the disk allows; a test says when it changes. */
  diskLevel: DiskLevel = 'roomy'
  /** What clients are told, from the next start of the server on. */
  holdMs: Ms = 120_000
  store!: LocalStore
  engine!: Engine

  static async start(holdMs: Ms = 120_000): Promise<EngineWorld> {
    const world = new EngineWorld()
    world.holdMs = holdMs
    await world.startServer()
    const checksum = sha256Hex('def run(): pass') as Checksum
    const source = { language: 'python', source: 'def run(): pass', checksum, actions: [], doc: '' } as const
    const now = world.clock.wall()
    await world.store.publishPlugin({ now, actor: system, name: 'p', ...source, onlyIfNew: false })
    return world
  }

  async startServer(): Promise<void> {
    const { databases, ids, clock, random } = this
    this.store = createLocalStore({ databases, ids, clock, schedule: queueMicrotask })
    this.engine = await startEngine({
      store: this.store,
      clock,
      random,
      ids,
      log: silentLog,
      holdMs: this.holdMs,
      verify: verifyEd25519,
      diskLevel: () => this.diskLevel,
    })
  }

  /** The process is gone between two instructions; what was committed stays. */
  async crashServer(): Promise<void> {
    this.store.crash()
    void this.engine.stop(0)
    await this.clock.settle()
  }

  async user(name: string): Promise<UserId> {
    await this.store.createUser({
      now: this.clock.wall(),
      actor: system,
      name,
      displayName: name,
      role: null,
      passwordHash: null,
    })
    const user = await this.store.readUser({ name })
    return user?.id as UserId
  }

  /** A client that has not connected yet, approved unless told otherwise. */
  async client(name: string, user: string | null = null, approves = true): Promise<ScriptedClient> {
    const now = this.clock.wall()
    const hash = `hash of ${name}`
    await this.store.createEnrollmentToken({
      now,
      actor: system,
      hash,
      user,
      approves,
      maxUses: 1,
      expiresAt: now + 1_000,
    })
    const { key, publicKey } = ScriptedClient.keys()
    const reported = { hostName: name, os: '', arch: '', account: '', wishedUser: null, labels: [] }
    const about = { tokenHash: hash, publicKey, fingerprint: publicKey, name, version: '1', reported }
    const outcome = await this.store.enrollClient({ now, ...about })
    if (outcome.outcome !== 'enrolled') throw new Error(outcome.outcome)
    return new ScriptedClient(outcome.id, key, this.clock)
  }

  async task(changes: Partial<TaskDefinition> = {}): Promise<TaskRecord> {
    const definition: TaskDefinition = {
      name: 't',
      plugin: 'p',
      action: 'run',
      argsJson: '[1.0]',
      kwargsJson: '{}',
      owner: 'anyone',
      userId: null,
      type: 'ad-hoc',
      startAt: null,
      endAt: null,
      intervalMs: null,
      cron: null,
      timeZone: null,
      catchUp: 'last',
      overlap: 'skip',
      timeoutMs: 36e5,
      deadlineMs: null,
      onDisconnect: changes.owner === 'all' || changes.owner === 'user' ? 'continue' : 'stop',
      retry: NO_RETRY,
      priority: 0,
      ...changes,
    }
    const now = this.clock.wall()
    const nextRunAt = definition.startAt ?? now
    const made = await this.store.createTask({ now, actor: system, definition, nextRunAt })
    if (made.outcome !== 'created') throw new Error(made.outcome)
    this.engine.bus.publish('task-due', { task: made.task.id })
    await this.clock.advance(20)
    return made.task
  }

  async executions(task: TaskId): Promise<readonly ExecutionRecord[]> {
    return (await this.store.listExecutions({ limit: 200, after: null, filter: { task } })).items
  }

  async only(task: TaskId): Promise<ExecutionRecord> {
    const [execution, ...others] = await this.executions(task)
    if (!execution || others.length > 0) throw new Error(`${others.length + 1} executions`)
    return execution
  }

  async detail(id: ExecutionId): Promise<ExecutionDetail> {
    const found = await this.store.readExecution({ id })
    if (!found) throw new Error(`no execution ${id}`)
    return found
  }

  async taskNow(id: TaskId): Promise<TaskRecord> {
    const found = await this.store.readTask({ id })
    if (!found) throw new Error(`no task ${id}`)
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.stop(0)
    await this.store[Symbol.asyncDispose]()
    this.databases.close()
  }
}
