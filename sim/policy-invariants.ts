import { Broken } from './broken.ts'
import { none, statement } from './statements.ts'
import { touched } from './watched-rows.ts'
import type { World } from './world.ts'

type DatabaseSync = World['server']['databases']['main']

/** What must hold of attempts, cancels and the brake, after every step. */
export class PolicyInvariants {
  readonly #world: World
  /** Executions that somebody wants cancelled, and whose hands they were in then. */
  readonly #cancelling = new Map<string, number | null>()
  /** Attempts and executions that time alone has ended. */
  #lostByTime = 0
  /** When the brake went on that was on at the last look. */
  #brakedSince: number | null = null
  #attemptsSeen = 0

  constructor(world: World) {
    this.#world = world
  }

  /** The store is another one. */
  forget(): void {
    this.#cancelling.clear()
    this.#lostByTime = Infinity
  }

  /** What the processes did, whatever anybody believes. */
  checkTruth(database: DatabaseSync): void {
    this.#neverMoreThanSlots()
    this.#newerAfterOlder(database)
  }

  check(database: DatabaseSync): void {
    this.#onlyAsThePolicySays(database)
    this.#cancelBarsHandOver(database)
    this.#brakeHolds(database)
  }

  /** R9: never more attempts than wanted, and only after ends that the task names; each one is kept. */
  #onlyAsThePolicySays(database: DatabaseSync): void {
    none(
      database,
      'R9',
      `select e.id, e.attempt, r.retry_max from execution e join run r on r.id = e.run_id where ${touched('execution', 'e.id')} and e.attempt > r.retry_max`,
    )
    none(
      database,
      'R9',
      `select a.execution_id, a.ending from attempt a join execution e on e.id = a.execution_id
        join run r on r.id = e.run_id
        where ${touched('execution', 'e.id')} and not exists (select 1 from json_each(r.retry_on) where value = a.ending)`,
    )
    none(
      database,
      'R9',
      `select e.id, e.attempt, count(a.attempt) as kept from execution e
        left join attempt a on a.execution_id = e.id where ${touched('execution', 'e.id')} group by e.id having kept <> e.attempt - 1`,
    )
  }

  /** R7: from the request on, nothing is handed over and nothing waits for another attempt. */
  #cancelBarsHandOver(database: DatabaseSync): void {
    none(
      database,
      'R7',
      `select id from execution where ${touched('execution', 'id')} and cancel_requested_at is not null and state = 'queued'`,
    )
    const rows = statement(
      database,
      `select id, fence, attempt, state from execution where ${touched('execution', 'id')} and cancel_requested_at is not null`,
    ).all() as unknown as readonly { readonly id: string; readonly fence: number | null }[]
    for (const { id, fence } of rows) {
      const before = this.#cancelling.get(id)
      if (before === undefined) this.#cancelling.set(id, fence)
      else if (fence !== null && before !== null && fence > before) {
        throw new Broken(`R7: ${id} was handed over again after somebody had cancelled it`)
      }
    }
  }

  /** D6: while the brake is on, time alone ends nothing that is out of contact. */
  #brakeHolds(database: DatabaseSync): void {
    const { n } = statement(
      database,
      `select (select count(*) from execution where state = 'lost' and reason in ('hold-ended', 'out-of-contact'))
        + (select count(*) from attempt where reason in ('hold-ended', 'out-of-contact')) as n`,
    ).get() as { n: number }
    // What is shown, since the question itself makes the product look for a pause.
    const since = this.#world.server.engine?.brake.state().since ?? null
    // One that went on a moment ago was off before, whatever was on at the last look.
    if (since !== null && since === this.#brakedSince && n > this.#lostByTime)
      throw new Broken('D6: lost by time while the brake is on')
    this.#lostByTime = n
    this.#brakedSince = since
  }

  /** D7: a PC never runs more at once than it has slots. */
  #neverMoreThanSlots(): void {
    const running = new Map<string, number>()
    for (const { client } of this.#world.truth.alive()) running.set(client, (running.get(client) ?? 0) + 1)
    for (const [client, count] of running) {
      if (count > this.#world.slots) throw new Broken(`D7: ${client} runs ${count} plugins at once`)
    }
  }

  /**
   * R9: the next attempt begins when the one before is gone. Only where the end of hold stands for that, a PC that slept
   * may still run the older one when another PC begins.
   */
  #newerAfterOlder(database: DatabaseSync): void {
    const { attempts } = this.#world.truth
    for (const attempt of attempts.slice(this.#attemptsSeen)) {
      if (this.#world.liedAbout.has(attempt.key.execution)) continue
      const older = attempts.find(
        ({ key, client, endedAt }) =>
          key.execution === attempt.key.execution &&
          !(client !== attempt.client && this.#world.mayBeOverdue(client) && endsWithHold(database, key.execution)) &&
          key.attempt < attempt.key.attempt &&
          (endedAt === null || endedAt > attempt.startedAt),
      )
      if (older)
        throw new Broken(`R9: attempt ${attempt.key.attempt} of ${attempt.key.execution} overlaps an older one`)
    }
    this.#attemptsSeen = attempts.length
  }
}

function endsWithHold(database: DatabaseSync, execution: string): boolean {
  const row = statement(database, 'select slot_kind, on_disconnect from execution where id = ?').get(execution)
  return row?.['slot_kind'] === 'any' && row['on_disconnect'] === 'stop'
}
