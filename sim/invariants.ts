import { EXECUTION_STATES } from '@octopus/protocol/work.ts'

import { Broken } from './broken.ts'
import { Contacts } from './contacts.ts'
import { EndInvariants } from './end-invariants.ts'
import type { TrueAttempt } from './ground-truth.ts'
import { HandOverInvariants } from './hand-over-invariants.ts'
import { PolicyInvariants } from './policy-invariants.ts'
import { ProcessInvariants } from './process-invariants.ts'
import { ScheduleInvariants } from './schedule-invariants.ts'
import { none, statement } from './statements.ts'
import { TakenInvariants } from './taken-invariants.ts'
import { touched, watchRows } from './watched-rows.ts'
import type { World } from './world.ts'

type DatabaseSync = World['server']['databases']['main']

/** Of each state a counter, kept by every write; and their sum. */
const COUNTED = EXECUTION_STATES.map((state) => state.replaceAll('-', '_'))
const wrongCounts = (table: 'run' | 'task'): string =>
  `select t.id, t.total, ${COUNTED.map((name) => `t.${name}`).join(', ')} from ${table} t
    left join execution e on e.${table}_id = t.id where ${touched(table, 't.id')} group by t.id
    having t.total <> ${COUNTED.map((name) => `t.${name}`).join(' + ')}
      or ${EXECUTION_STATES.map((state, at) => `total(e.state = '${state}') <> t.${COUNTED[at]}`).join(' or ')}`

/** Looks at everything after every step, and remembers what must never change again. */
export class Invariants {
  readonly #world: World
  readonly #policies: PolicyInvariants
  readonly #handOvers: HandOverInvariants
  readonly #ends: EndInvariants
  readonly #contacts: Contacts
  readonly #processes: ProcessInvariants
  readonly #taken: TakenInvariants
  readonly #schedules: ScheduleInvariants
  #watched: DatabaseSync | undefined
  #seenAcknowledgements = 0
  #changesSeen = -1
  #restoresSeen = 0
  #attemptsSeen = 0
  readonly #started = new Set<string>()
  /** How often the checks have run: a simulation that checked nothing proves nothing. */
  checks = 0

  constructor(world: World) {
    this.#world = world
    this.#policies = new PolicyInvariants(world)
    this.#handOvers = new HandOverInvariants(world)
    this.#ends = new EndInvariants(world)
    this.#contacts = new Contacts(world)
    this.#processes = new ProcessInvariants(world, this.#contacts)
    this.#taken = new TakenInvariants(world, this.#contacts)
    this.#schedules = new ScheduleInvariants(world)
  }

  check(): void {
    const database = this.#world.server.databases.main
    this.checks += 1
    this.#forgetAfterRestore()
    // A step that wrote nothing left the store as it was when it was looked at last.
    const isWritten = totalChanges(database) !== this.#changesSeen
    this.#startsAtMostOnce()
    this.#runsNowhereTwice()
    this.#policies.checkTruth(database)
    this.#handOvers.checkTruth(database, isWritten)
    this.#ends.checkTime(database, isWritten)
    this.#contacts.look()
    this.#processes.check()
    this.#taken.check(database, isWritten)
    this.#schedules.check(database)
    this.#acknowledgedIsStored(database)
    if (!isWritten) return
    this.#watch(database)
    this.#oneRunPerOccurrence(database)
    this.#rowsEqualAudience(database)
    this.#finalStatesStay(database)
    this.#countsAddUp(database)
    this.#oneHolderOfAnyone(database)
    this.#schedules.checkWritten(database)
    this.#policies.check(database)
    this.#handOvers.check(database)
    this.#ends.check(database)
    this.#onlyInItsTime(database)
    this.#overlapsOnlyWhereAllowed(database)
    statement(database, 'delete from touched').run()
    this.#changesSeen = totalChanges(database)
  }

  #watch(database: DatabaseSync): void {
    if (this.#watched === database) return
    this.#watched = database
    watchRows(database)
    this.#handOvers.begin(database)
  }

  /**
   * With nothing under way any more, each of these clients has the current version of each plugin on its disk, and nothing
   * else: undefined; or, in words, who does not.
   */
  whoLacksPlugins(clients: World['clients']): string | undefined {
    const database = this.#world.server.databases.main
    const rows = statement(database, 'select checksum from plugin where deleted_at is null').all()
    const wanted = rows.map(({ checksum }) => String(checksum)).toSorted((one, other) => one.localeCompare(other))
    if (wanted.length === 0) return 'there is no plugin to look for'
    for (const { name, disk } of clients) {
      const found = disk.paths().flatMap((path) => /^\/state\/plugins\/([0-9a-f]{64})/.exec(path)?.[1] ?? [])
      if (found.join() !== wanted.join()) return `${name} has ${found.join()} instead of ${wanted.join()}`
    }
    return undefined
  }

  /** How many due times were held against what the schedule says. */
  get dueTimes(): number {
    return this.#schedules.looked
  }

  /** After everything healed: nothing is pending, and every end has exactly one applied or late result. */
  checkAtRest(): void {
    this.check()
    const database = this.#world.server.databases.main
    none(database, 'L4', `select id, state from execution where ends_at_latest is not null`)
    none(database, 'L4', `select id, status from run where status <> 'completed'`)
    none(database, 'L4', `select id, status from task where status <> 'completed'`)
    const alive = this.#world.truth.alive()
    if (alive.length > 0) throw new Broken(`L4: ${alive.length} plugins still run`)
    for (const attempt of this.#world.truth.attempts) {
      if (attempt.finished && this.#isExpected(attempt)) this.#oneResult(database, attempt.key)
    }
  }

  #oneRunPerOccurrence(database: DatabaseSync): void {
    none(
      database,
      'S1',
      `select task_id, occurrence from run where ${touched('task', 'task_id')} group by 1, 2 having count(*) > 1`,
    )
  }

  #rowsEqualAudience(database: DatabaseSync): void {
    none(
      database,
      'O1',
      `select r.id, r.rows_written, count(e.id) as n from run r left join execution e on e.run_id = r.id
        where ${touched('run', 'r.id')} group by r.id having n <> r.rows_written or r.rows_written > r.audience_size
          or (r.audience_left is null and r.rows_written <> r.audience_size)`,
    )
    none(
      database,
      'O1',
      `select run_id, slot_kind, slot_value from execution where ${touched('run', 'run_id')}
      group by 1, 2, 3 having count(*) > 1`,
    )
  }

  #finalStatesStay(database: DatabaseSync): void {
    none(database, 'R3', 'select execution, was, became from changed_end')
  }

  #countsAddUp(database: DatabaseSync): void {
    for (const table of ['run', 'task'] as const) none(database, 'R11', wrongCounts(table))
  }

  #onlyInItsTime(database: DatabaseSync): void {
    none(
      database,
      'S3',
      `select r.id, r.due_at from run r join task t on t.id = r.task_id
        where ${touched('run', 'r.id')} and t.type = 'scheduled' and r.cause_kind in ('schedule', 'catch-up') and (r.due_at < t.start_at or r.due_at >= t.end_at)`,
    )
  }

  #overlapsOnlyWhereAllowed(database: DatabaseSync): void {
    none(
      database,
      'S7',
      `select e.task_id, e.slot_kind, e.slot_value from execution e join run r on r.id = e.run_id
        where ${touched('task', 'e.task_id')} and e.state in ('assigned', 'running', 'disconnected') and r.overlap <> 'allow'
        group by 1, 2, 3 having count(*) > 1`,
    )
  }

  /** In ground truth, not in what anybody believes. */
  #startsAtMostOnce(): void {
    const { attempts } = this.#world.truth
    for (const { key } of attempts.slice(this.#attemptsSeen)) {
      const name = `${key.execution} attempt ${key.attempt}`
      if (this.#started.has(name) && !this.#world.liedAbout.has(key.execution))
        throw new Broken(`D1: ${name} started twice`)
      this.#started.add(name)
    }
    this.#attemptsSeen = attempts.length
  }

  #oneHolderOfAnyone(database: DatabaseSync): void {
    none(
      database,
      'O2',
      `select run_id from execution where slot_kind = 'any' and ${touched('run', 'run_id')} group by 1 having count(*) > 1`,
    )
  }

  #runsNowhereTwice(): void {
    const running = new Set<string>()
    for (const { key, client } of this.#world.truth.alive()) {
      if (this.#world.mayBeOverdue(client) || this.#world.liedAbout.has(key.execution)) continue
      if (running.has(key.execution)) throw new Broken(`O3: ${key.execution} runs twice at once`)
      running.add(key.execution)
    }
  }

  #acknowledgedIsStored(database: DatabaseSync): void {
    const fresh = this.#world.acknowledged.slice(this.#seenAcknowledgements)
    this.#seenAcknowledgements = this.#world.acknowledged.length
    for (const { execution, fence, disposition } of fresh) {
      if (disposition === 'refused' && this.#isKnown(execution, fence))
        throw new Broken(`R6: an honest result of ${execution} was refused`)
      if (disposition !== 'refused') this.#oneResult(database, { execution, fence })
    }
  }

  #isKnown(execution: string, fence: number): boolean {
    const { attempts } = this.#world.truth
    return attempts.some(({ key, isForgotten }) => key.execution === execution && key.fence === fence && !isForgotten)
  }

  /** Every end that a plugin told of has been stored: nothing is on its way any more. */
  everyEndIsStored(): boolean {
    const database = this.#world.server.databases.main
    return this.#world.truth.attempts.every(
      (attempt) => !attempt.finished || !this.#isExpected(attempt) || results(database, attempt.key) > 0,
    )
  }

  /** Whoever was sent away tells nothing any more, and a store that went back in time knows nothing of what was then. */
  #isExpected({ client, isForgotten }: TrueAttempt): boolean {
    return !isForgotten && this.#world.clients.some(({ name, isUnwanted }) => name === client && !isUnwanted)
  }

  /** The promises begin anew with the store that was restored. */
  #forgetAfterRestore(): void {
    if (this.#restoresSeen === this.#world.restores) return
    this.#restoresSeen = this.#world.restores
    this.#seenAcknowledgements = 0
    this.#policies.forget()
    this.#changesSeen = -1
    none(this.#world.server.databases.main, 'U5', `select id, state from execution where ends_at_latest is not null`)
  }

  #oneResult(database: DatabaseSync, key: { readonly execution: string; readonly fence: number }): void {
    const count = results(database, key)
    if (count !== 1) throw new Broken(`R1/R2: ${key.execution} fence ${key.fence} has ${count} results`)
  }
}

function totalChanges(database: DatabaseSync): number {
  return (statement(database, 'select total_changes() as changes').get() as { changes: number }).changes
}

/** How often the result of a hand-over is stored: applied to the execution or to an earlier attempt, or late. */
function results(database: DatabaseSync, key: { readonly execution: string; readonly fence: number }): number {
  const tables = [
    'select 1 from execution where id = ? and result_fence = ?',
    'select 1 from late_result where execution_id = ? and fence = ?',
    'select 1 from attempt where execution_id = ? and result_fence = ?',
  ]
  return tables.filter((sql) => statement(database, sql).get(key.execution, key.fence) !== undefined).length
}
