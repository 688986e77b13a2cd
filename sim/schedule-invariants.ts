import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'
import type { CatchUp } from '@octopus/protocol/work.ts'

import { DueTimes, EPSILON_MS, type MadeRun } from './due-times.ts'
import { statement } from './statements.ts'
import type { World } from './world.ts'

type DatabaseSync = World['server']['databases']['main']

const MINUTE: Ms = 60_000
/** A clock that was set is noticed within 10 s, a store that works again within 1 s: from then on all is as it was. */
const SETTLED_MS: Ms = 12_000
/** What is due just as the server starts was missed or was not: that is a matter of milliseconds. */
const START_MS: Ms = 50

/** A schedule as it stands: nobody has changed it since, and it is not paused. */
interface Row {
  readonly revision: number
  readonly paused: 0 | 1
  readonly startAt: EpochMs
  readonly endAt: EpochMs | null
  readonly intervalMs: Ms | null
  readonly catchUp: CatchUp
  readonly hasNext: 0 | 1
}

interface Watched {
  readonly id: TaskId
  /** Missing while it cannot be said what should be there. */
  oracle: DueTimes | undefined
  /** What was due before then is not this oracle's to judge. */
  begunAt: EpochMs
  revision: number
  clearFrom: EpochMs
  /** The next time at which there is something to see. */
  lookAt: EpochMs
}

/**
 * Holds the runs of schedules against their definition (S2, S5, S6) while everything breaks. What makes it a matter of luck
 * which due times count as missed — a clock that was set, a server that stood still or could not write, a backup, a
 * person who changed the schedule — makes it begin anew a little later. Crashes, stops in order and commits in doubt are
 * no excuse: what was missed then has to be made up for, as the task says.
 */
export class ScheduleInvariants {
  readonly #world: World
  readonly #watched = new Map<TaskId, Watched>()
  #clearFrom: EpochMs = 0
  /** The process that runs has begun then; undefined: none does. */
  #upFrom: EpochMs | undefined
  /** It was seen at work last. */
  #seenAt: EpochMs = 0
  #stoppingFrom: EpochMs | undefined
  #engine: World['server']['engine']
  #latestWall: EpochMs = 0
  #restores = 0
  #failedCommits = 0
  /** Whether all work is stopped, and when it was resumed last. */
  #stopped = ''
  #done = 0

  constructor(world: World) {
    this.#world = world
  }

  get looked(): number {
    return [...this.#watched.values()].reduce((sum, { oracle }) => sum + (oracle?.looked ?? 0), this.#done)
  }

  /** Of every step. */
  check(database: DatabaseSync): void {
    const { server, schedules, clock } = this.#world
    const now = clock.wall()
    for (const id of schedules) if (!this.#watched.has(id)) this.#watch(id, now)
    if (!this.#isClear()) {
      this.#clearFrom = now + SETTLED_MS
      for (const one of this.#watched.values()) this.#drop(one)
    }
    if (server.isDown) this.#down(database, now)
    else this.#up(database, now)
  }

  /** Of a step that has written something: has a person? */
  checkWritten(database: DatabaseSync): void {
    const now = this.#world.clock.wall()
    const stopped = stops(database)
    const isSame = stopped === this.#stopped
    this.#stopped = stopped
    for (const one of this.#watched.values()) {
      const row = read(database, one.id)
      if (isSame && row && row.paused === 0 && row.revision === one.revision) continue
      this.#drop(one)
      one.revision = row?.revision ?? 0
      one.clearFrom = now + EPSILON_MS
    }
  }

  #watch(id: TaskId, now: EpochMs): void {
    this.#watched.set(id, { id, oracle: undefined, begunAt: now, revision: 1, clearFrom: now, lookAt: 0 })
  }

  #drop(one: Watched): void {
    this.#done += one.oracle?.looked ?? 0
    one.oracle = undefined
  }

  #isClear(): boolean {
    const { server, restores, clock } = this.#world
    const wall = server.machine.clock.wall()
    const { failed } = server.commits
    const isSame = this.#restores === restores && this.#failedCommits === failed
    this.#restores = restores
    this.#failedCommits = failed
    this.#latestWall = Math.max(this.#latestWall, wall)
    // A clock that was ahead has shown later times: until they come again nothing is planned.
    const isRight = wall === clock.wall() && wall === this.#latestWall
    return isSame && isRight && !server.isDiskFull && !server.stillness.isStill
  }

  #down(database: DatabaseSync, now: EpochMs): void {
    if (this.#upFrom === undefined) return
    for (const one of this.#watched.values()) {
      // Who was asked to stop plans no more, from some moment on.
      if (this.#stoppingFrom !== undefined && one.oracle?.isDueBetween(this.#stoppingFrom - START_MS, now))
        this.#drop(one)
      if (this.#engine === undefined) this.#unlessDueAtStart(one, now)
      one.oracle?.wasUp(this.#upFrom, now, runs(database, one), this.#seenAt)
    }
    this.#upFrom = this.#stoppingFrom = this.#engine = undefined
  }

  #up(database: DatabaseSync, now: EpochMs): void {
    const { server } = this.#world
    this.#upFrom ??= now
    this.#seenAt = now
    if (server.isStopping) this.#stoppingFrom ??= now
    if (server.engine === undefined) return
    if (server.engine !== this.#engine) {
      for (const one of this.#watched.values()) this.#unlessDueAtStart(one, now)
      this.#engine = server.engine
    }
    if (this.#stoppingFrom !== undefined) return
    for (const one of this.#watched.values()) this.#look(database, one, now)
  }

  #unlessDueAtStart(one: Watched, now: EpochMs): void {
    if (one.oracle?.isDueBetween(this.#upFrom ?? now, now + START_MS)) {
      this.#drop(one)
      one.clearFrom = now + EPSILON_MS
    }
    one.lookAt = now + 2 * EPSILON_MS + 1
  }

  #look(database: DatabaseSync, one: Watched, now: EpochMs): void {
    if (!one.oracle) {
      if (now < Math.max(this.#clearFrom, one.clearFrom)) return
      this.#begin(database, one, now)
    }
    if (!one.oracle || now < one.lookAt || now - EPSILON_MS < (this.#upFrom ?? now)) return
    one.oracle.isUp(this.#upFrom ?? now, now, runs(database, one))
    one.lookAt = one.oracle.nextDue() + EPSILON_MS + 1
  }

  #begin(database: DatabaseSync, one: Watched, now: EpochMs): void {
    const row = read(database, one.id)
    one.clearFrom = now + EPSILON_MS
    if (!row || row.paused === 1 || row.hasNext === 0 || this.#stopped.startsWith('1')) return
    const { startAt, endAt, intervalMs, catchUp } = row
    const next = (after: EpochMs): EpochMs => {
      const at =
        intervalMs === null
          ? (Math.floor(Math.max(after, startAt - 1) / MINUTE) + 1) * MINUTE
          : startAt + Math.max(0, Math.floor((after - startAt) / intervalMs) + 1) * intervalMs
      return at < (endAt ?? Infinity) ? at : Infinity
    }
    one.revision = row.revision
    one.begunAt = now + 1
    one.oracle = new DueTimes(one.id, one.begunAt, { catchUp, next })
    one.lookAt = one.oracle.nextDue() + EPSILON_MS + 1
  }
}

function read(database: DatabaseSync, id: TaskId): Row | undefined {
  return statement(
    database,
    `select revision, paused_at is not null or deleted_at is not null as paused, start_at as startAt, end_at as endAt,
      interval_ms as intervalMs, catch_up as catchUp, next_run_at is not null as hasNext from task where id = ?`,
  ).get(id) as Row | undefined
}

function stops(database: DatabaseSync): string {
  const rows = statement(
    database,
    `select value from meta where key in ('workStopped', 'workResumedAt') order by key desc`,
  )
  return rows
    .all()
    .map(({ value }) => String(value))
    .join(' ')
}

function runs(database: DatabaseSync, { id, begunAt }: Watched): readonly MadeRun[] {
  return statement(
    database,
    `select due_at as dueAt, cause_kind as cause from run
      where task_id = ? and due_at >= ? and cause_kind in ('schedule', 'catch-up')`,
  ).all(id, begunAt) as unknown as readonly MadeRun[]
}
