import { FINAL_STATES, type Overlap } from '@octopus/protocol/work.ts'

import { Broken } from './broken.ts'
import type { World } from './world.ts'

type DatabaseSync = World['server']['databases']['main']

/** One change of an execution, in the order in which they were committed. */
interface Change {
  readonly seq: number
  readonly execution: string
  readonly slot: string
  readonly state: string
  readonly reason: string | null
  readonly cancelled: 0 | 1
  readonly deadline_at: number
  readonly ended_at: number | null
  readonly overlap: Overlap
  readonly unlimited: 0 | 1
}

interface Open {
  readonly id: string
  readonly unlimited: boolean
  readonly waits: boolean
  readonly order: number
  state: string
  wasOut: boolean
  cancelled: boolean
}

const finals: ReadonlySet<string> = new Set(FINAL_STATES)
const OUT: ReadonlySet<string> = new Set(['assigned', 'running', 'disconnected'])

/** Lets the database itself write down every change of a state, in the transaction that makes it. */
export function writeHistory(database: DatabaseSync): void {
  const columns = 'execution, state, reason, cancelled, ended_at'
  const values = 'new.id, new.state, new.reason, new.cancel_requested_at is not null, new.ended_at'
  database.exec(`
    create table history (seq integer primary key, execution text not null, state text not null, reason text,
      cancelled integer not null, ended_at integer) strict;
    create trigger history_begins after insert on execution begin insert into history (${columns}) values (${values}); end;
    create trigger history_goes_on after update of state, cancel_requested_at on execution
      begin insert into history (${columns}) values (${values}); end;`)
}

/**
 * Goes through the history of every slot, and says of each change whether the overlap policy of its run wanted it
 * (invariant S7). It knows the definition and nothing of how the server decides.
 */
export function checkHistory(database: DatabaseSync): Readonly<Record<string, number>> {
  const rows = database
    .prepare(
      `select h.seq, h.execution, e.task_id || ' ' || e.slot_kind || ' ' || e.slot_value as slot, h.state, h.reason,
        h.cancelled, e.deadline_at, h.ended_at, r.overlap,
        r.cause_kind = 'manual' or (r.cause_kind = 'catch-up' and t.catch_up = 'all') as unlimited
        from history h join execution e on e.id = h.execution join run r on r.id = e.run_id join task t on t.id = r.task_id
        order by h.seq`,
    )
    .all() as unknown as Change[]
  const seen: Record<string, number> = {}
  for (const changes of Map.groupBy(rows, ({ slot }) => slot).values()) {
    const slot = new SlotHistory()
    changes.forEach((change, index) => {
      const kind = slot.apply(change, changes[index + 1])
      seen[kind] = (seen[kind] ?? 0) + 1
    })
  }
  return seen
}

class SlotHistory {
  readonly #open = new Map<string, Open>()

  /** Checks one change and answers what it was, for the count of what was seen. */
  apply(change: Change, next: Change | undefined): string {
    const known = this.#open.get(change.execution)
    if (!known) return this.#begin(change)
    const was = known.state
    known.state = change.state
    known.cancelled = change.cancelled === 1
    must(!known.cancelled || (change.overlap === 'cancel-previous' && !known.unlimited), change, 'asked to end')
    if (change.state === was) return 'asked to end'
    if (OUT.has(change.state) && was === 'queued') this.#handedOut(known, change)
    if (change.state === 'skipped') this.#replaced(known, change, next)
    if (change.state === 'expired')
      must((change.ended_at ?? 0) >= change.deadline_at, change, 'expired before its deadline')
    if (change.state === 'cancelled') must(known.cancelled, change, 'cancelled')
    if (finals.has(change.state)) this.#open.delete(change.execution)
    return `${change.overlap}: ${change.state}`
  }

  #begin(change: Change): string {
    const before = [...this.#open.values()]
    const { overlap } = change
    const unlimited = change.unlimited === 1
    const regular = before.filter((other) => !other.unlimited)
    const shouldSkip = !unlimited && overlap === 'skip' && before.length > 0
    must(
      change.state === (shouldSkip ? 'skipped' : 'queued'),
      change,
      `begun as ${change.state} beside ${before.length}`,
    )
    if (shouldSkip) {
      const yields = before.map(({ id }) => `overlap:${id}`)
      must(yields.includes(change.reason ?? ''), change, `skipped for ${change.reason}`)
      return `${overlap}: skipped for another`
    }
    if (!unlimited && overlap === 'queue') {
      const waiting = regular.filter(({ state, wasOut }) => state === 'queued' && !wasOut)
      must(waiting.length === 0, change, `queued, and ${waiting.length} wait already`)
    }
    if (!unlimited && overlap === 'cancel-previous') {
      must(
        regular.every(({ cancelled }) => cancelled),
        change,
        'begun, and an earlier one was not asked to end',
      )
    }
    this.#open.set(change.execution, {
      id: change.execution,
      unlimited,
      waits: unlimited || overlap !== 'allow',
      order: change.seq,
      state: change.state,
      wasOut: false,
      cancelled: false,
    })
    return unlimited ? 'queued without limit' : `${overlap}: queued`
  }

  #handedOut(one: Open, change: Change): void {
    one.wasOut = true
    if (!one.waits) return
    const others = [...this.#open.values()].filter(({ id }) => id !== one.id)
    must(!others.some(({ state }) => OUT.has(state)), change, 'handed out beside another')
    must(!others.some(({ order }) => order < one.order), change, 'handed out before an older one')
  }

  /** Only a newer one of a policy that queues takes the place of one that waits; it is the next thing in the slot. */
  #replaced(one: Open, change: Change, next: Change | undefined): void {
    must(change.overlap === 'queue' && !one.unlimited && !one.wasOut, change, 'skipped, and no policy says so')
    must(
      change.reason === `overlap:${next?.execution}`,
      change,
      `skipped for ${change.reason}, and ${next?.execution} came`,
    )
  }
}

function must(holds: boolean, change: Change, what: string): void {
  if (!holds) throw new Broken(`S7 (${change.overlap}): ${change.execution} was ${what}; slot ${change.slot}`)
}
