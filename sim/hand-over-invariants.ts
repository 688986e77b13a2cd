import { Broken } from './broken.ts'
import type { TrueAttempt } from './ground-truth.ts'
import { none, statement } from './statements.ts'
import { touched } from './watched-rows.ts'
import type { World } from './world.ts'

type DatabaseSync = World['server']['databases']['main']

interface Ended {
  readonly state: string
  readonly fence: number | null
  readonly reason: string | null
}

/** Ends that only the word of the client can have brought, once the process was gone. */
const PROVED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled'])

/** Three heartbeats: for so long a message may be under way, and what waits for a start may wait. */
const PRESENCE_MS = 30_000
/** How long a process takes to start, and a record to come to the disk, on this machine of ours. */
const START_MS_MAX = 1_000

/** What must hold of hand-overs: to whom, in which order, until when, and whose results count. */
export class HandOverInvariants {
  readonly #world: World
  #lastRun = ''
  #attemptsSeen = 0
  #truthSeen = -1

  constructor(world: World) {
    this.#world = world
  }

  /** `isWritten`: since the last step, something was. */
  checkTruth(database: DatabaseSync, isWritten: boolean): void {
    const [stray] = this.#world.strays
    if (stray !== undefined) throw new Broken(`O5: ${stray}`)
    const { attempts } = this.#world.truth
    for (const attempt of attempts.slice(this.#attemptsSeen)) this.#startsAsItWasHandedOver(database, attempt)
    this.#attemptsSeen = attempts.length
    if (isWritten || this.#truthSeen !== this.#world.truth.version) this.#nothingEndsBeforeItsProcess(database)
    this.#truthSeen = this.#world.truth.version
  }

  /** O5, O6, P1: by whom it was handed to, while it was time, and the bytes that it is pinned to. */
  #startsAsItWasHandedOver(database: DatabaseSync, { key, client, checksum, startedAt }: TrueAttempt): void {
    const name = `${key.execution} fence ${key.fence}`
    const offer = this.#world.offers.get(key.fence)
    if (offer?.client !== client) throw new Broken(`O5: ${name} started on ${client}, it is ${offer?.client}'s`)
    const late = startedAt - offer.sentAt - offer.startWithinMs - this.#sleptSince(client, offer.sentAt)
    if (late > PRESENCE_MS + START_MS_MAX) throw new Broken(`O6: ${name} started ${late} ms after its deadline`)
    const pinned = statement(
      database,
      'select r.checksum from execution e join run r on r.id = e.run_id where e.id = ?',
    ).get(key.execution)
    // A store that went back in time may not know it.
    if (pinned !== undefined && pinned['checksum'] !== checksum) throw new Broken(`P1: ${name} ran other bytes`)
  }

  /** A process that was about to start when its PC fell asleep starts when it wakes. */
  #sleptSince(name: string, since: number): number {
    const sleeps = this.#world.clients.find((client) => client.name === name)?.slept ?? []
    const now = this.#world.clock.wall()
    return sleeps.reduce((sum, { from, until = now }) => sum + Math.max(0, until - Math.max(from, since)), 0)
  }

  /** R7: nothing has ended in the store while its process lives, unless time alone has ended it. */
  #nothingEndsBeforeItsProcess(database: DatabaseSync): void {
    for (const { key, isForgotten } of this.#world.truth.alive()) {
      if (isForgotten || this.#world.liedAbout.has(key.execution)) continue
      const row = statement(database, 'select state, fence, reason from execution where id = ?').get(key.execution)
      const { state, fence, reason } = row as unknown as Ended
      if (fence === key.fence && PROVED.has(state) && reason !== 'unconfirmed')
        throw new Broken(`R7: ${key.execution} is ${state}, and its process lives`)
    }
  }

  /** The store is another one, or is looked at for the first time: who was there for its runs is not known. */
  begin(database: DatabaseSync): void {
    const { last } = database.prepare(`select max(id) as last from run`).get() as { last: string | null }
    this.#lastRun = last ?? ''
  }

  check(database: DatabaseSync): void {
    this.#audienceIsWhoWasThere(database)
    none(database, 'O2', 'select fence from execution where fence is not null group by fence having count(*) > 1')
    none(
      database,
      'O6',
      `select id from execution where ${touched('execution', 'id')} and state = 'assigned' and assigned_at >= deadline_at`,
    )
    none(
      database,
      'R4',
      `select id, fence, result_fence from execution
        where ${touched('execution', 'id')} and result_fence is not null and result_fence is not fence`,
    )
    none(
      database,
      'R4',
      `select execution_id, fence, result_fence from attempt
        where ${touched('execution', 'execution_id')} and result_fence <> fence`,
    )
    this.#goesOnlyToWhomItIsFor(database)
    this.#whatNeverCameIsNotWaitedFor(database)
  }

  /** O1: a run for all has an execution for everybody whose session had not ended when it was made, as stored then. */
  #audienceIsWhoWasThere(database: DatabaseSync): void {
    const fresh = statement(
      database,
      `select id, (select json_group_array(slot_value) from (
          select slot_value from execution where run_id = r.id order by slot_value)) as audience,
        (select json_group_array(client) from (
          select client from was_there where run = r.id order by client)) as there
        from run r where id > ? and slot_kind = 'client' and cause_kind <> 'retry' order by id`,
    ).all(this.#lastRun) as { id: string; audience: string; there: string }[]
    for (const { id, audience, there } of fresh) {
      if (audience !== there) throw new Broken(`O1: the run ${id} is for ${audience}, and there were ${there}`)
      this.#lastRun = id
    }
  }

  /** O4, O5: whose PC it is is looked at in the transaction that hands over. */
  #goesOnlyToWhomItIsFor(database: DatabaseSync): void {
    none(database, 'O4', 'select execution, wrong from handed')
  }

  /** D2: the inventory finds what was lost on the way. The server's own limit is not what ends it. */
  #whatNeverCameIsNotWaitedFor(database: DatabaseSync): void {
    const rows = statement(
      database,
      `select id, fence from execution
        where ${touched('execution', 'id')} and state = 'timed-out' and reason = 'server-limit'
        union all select execution_id, fence from attempt
        where ${touched('execution', 'execution_id')} and ending = 'timed-out' and reason = 'server-limit'`,
    ).all() as { id: string; fence: number }[]
    if (rows.length === 0) return
    const started = new Set(this.#world.truth.attempts.map(({ key }) => `${key.execution} ${key.fence}`))
    const { swallowed, liedAbout } = this.#world
    const never = rows.find(
      ({ id, fence }) =>
        !started.has(`${id} ${fence}`) &&
        !swallowed.has(fence) &&
        !liedAbout.has(id) &&
        !this.#couldNotBeWritten(fence) &&
        !this.#wasTimedWrongly(fence),
    )
    if (never) throw new Broken(`D2: ${never.id} fence ${never.fence} timed out, and never came to its client`)
  }

  /** A server whose clock is set ahead, and that starts anew then, believes that the time of all it has handed out is over. */
  #wasTimedWrongly(fence: number): boolean {
    const { wasSet } = this.#world.server
    const sentAt = this.#world.offers.get(fence)?.sentAt ?? 0
    return wasSet !== undefined && (wasSet.until === undefined || wasSet.until > sentAt)
  }

  /** A client tells nothing that it cannot write down first, be it only that a cancel came before the start. */
  #couldNotBeWritten(fence: number): boolean {
    const offer = this.#world.offers.get(fence)
    const wasFull = this.#world.clients.find(({ name }) => name === offer?.client)?.wasFull
    return wasFull !== undefined && (wasFull.until === undefined || wasFull.until > (offer?.sentAt ?? 0))
  }
}
