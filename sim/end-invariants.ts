import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import { FINAL_STATES } from '@octopus/protocol/work.ts'

import { Broken } from './broken.ts'
import { none, statement } from './statements.ts'
import { touched } from './watched-rows.ts'
import type { World } from './world.ts'

type DatabaseSync = World['server']['databases']['main']

const finals = FINAL_STATES.map((state) => `'${state}'`).join(', ')
/** So long nothing stays that is due, where nothing keeps the server from it. Its timers look at a clock that was set every 10 s. */
const PROMPT_MS: Ms = 15_000

/** The one that is due longest, and since when nothing has kept the server from ending it. */
interface Due {
  readonly id: string
  readonly since: Ms
}

interface End {
  readonly id: string
  readonly state: string
  readonly at: EpochMs
}

/** What ends next in a database. */
interface Next {
  readonly database: DatabaseSync
  readonly queued: End | undefined
  readonly others: End | undefined
}

/** L3: everything that is not final has a time at which the server ends it alone, and then it does. */
export class EndInvariants {
  readonly #world: World
  #engine: World['server']['engine']
  #wallOffsetMs: Ms = 0
  #waiting: Due | undefined
  #handedOut: Due | undefined
  /** What ends next, as it stood after the last write. */
  #next: Next | undefined

  constructor(world: World) {
    this.#world = world
  }

  /** Of what was written. */
  check(database: DatabaseSync): void {
    none(
      database,
      'L3',
      `select id, state, ends_at_latest from execution
        where ${touched('execution', 'id')} and (state in (${finals})) <> (ends_at_latest is null)`,
    )
  }

  /** Of what should have been written by now, at every step; `isWritten`: since the last one, something was. */
  checkTime(database: DatabaseSync, isWritten: boolean): void {
    const { engine, machine, isWell } = this.#world.server
    if (isWritten) this.#next = undefined
    const isSame = engine === this.#engine && machine.wallOffsetMs === this.#wallOffsetMs
    this.#engine = engine
    this.#wallOffsetMs = machine.wallOffsetMs
    if (!isSame || !isWell) this.#waiting = this.#handedOut = undefined
    if (!engine || !isWell) return
    const next = this.#nextEnds(database)
    this.#waiting = this.#stillDue(this.#waiting, next.queued, machine.clock.wall())
    this.#handedOut = engine.brake.state().on
      ? undefined
      : this.#stillDue(this.#handedOut, next.others, engine.steady())
  }

  #nextEnds(database: DatabaseSync): Next {
    if (this.#next?.database === database) return this.#next
    const first = (which: string): End | undefined =>
      statement(
        database,
        `select id, state, ends_at_latest as at from execution where ${which} order by ends_at_latest, id limit 1`,
      ).get() as End | undefined
    const others = first(`state <> 'queued' and ends_at_latest is not null`)
    this.#next = { database, queued: first(`state = 'queued'`), others }
    return this.#next
  }

  #stillDue(before: Due | undefined, first: End | undefined, now: EpochMs): Due | undefined {
    if (!first || first.at > now) return undefined
    const monotonic = this.#world.clock.monotonic()
    // Another one than before: the one before was ended.
    if (before?.id !== first.id) return { id: first.id, since: monotonic }
    const waits = monotonic - before.since
    if (waits > PROMPT_MS) throw new Broken(`L3: ${first.id}, ${first.state}, was due and is not ended for ${waits} ms`)
    return before
  }
}
