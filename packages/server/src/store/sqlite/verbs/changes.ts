import { present } from '@octopus/kit/assert.ts'
import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { ClientId, ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { NotificationEvent } from '@octopus/protocol/rest/notifications.ts'
import type { ExecutionStateName, Outcome, TaskStatus } from '@octopus/protocol/work.ts'

import { endsAtLatest, graceEndsAt } from '#executions/end-time.ts'
import type { Slot, Touched } from '#executions/execution-store.ts'
import { type ExecutionEvent, isFinal, next } from '#executions/execution.ts'
import { endDigest } from '#results/digest.ts'
import { countColumn, runOutcome } from '#runs/run.ts'
import type { Tx } from '#store/sqlite/tx.ts'

import { earlierEnd, restoreEarlier } from './attempt-rows.ts'
import { noteHappened } from './notices.ts'
import { notePluginRun } from './plugin-failing.ts'
import { COUNT_COLUMNS, type CountRow, countsOf, stateOf, type StateRow } from './rows.ts'
import { RunStats } from './run-stats.ts'

type Deltas = Map<(typeof COUNT_COLUMNS)[number], number>

const HOUR_MS = 3_600_000

/** Facts that come with an event and end up in the execution's row. */
export interface EventFacts {
  /** The client's clock, brought into what the server can believe. */
  readonly startedAt?: EpochMs | null
  readonly endedAt?: EpochMs
  readonly disconnectedAt?: EpochMs
  readonly holdEndsAt?: EpochMs
  /** Its client has come back, and has just said that it holds the attempt. */
  readonly back?: true
  /** Of the result that comes with it; an end without one gets the digest of its state and reason. */
  readonly digest?: string
  /** Another attempt follows; not proved: only the same client may take it, for it ends the older one first. */
  readonly again?: { readonly notBefore: EpochMs; readonly proved: boolean }
}

/**
 * The one writer of states. Collects what changes during a verb, so that counters of runs, tasks and totals are written
 * once per verb, in its transaction, and completes runs and tasks whose last execution became final.
 */
export class Changes {
  readonly #tx: Tx
  readonly #now: EpochMs
  readonly #runs = new Map<RunId, Deltas>()
  readonly #tasks = new Map<TaskId, Deltas>()
  readonly #totals = new Map<ExecutionStateName, number>()
  readonly #executions = new Set<ExecutionId>()
  readonly #slots = new Map<string, Slot>()
  readonly #freed: { client: ClientId; execution: ExecutionId }[] = []
  /** What ended in slots in which another one may have waited for that. */
  readonly #left: StateRow[] = []
  readonly #handedOut = new Set<TaskId>()
  readonly #runStats = new RunStats()
  readonly #hours = { succeeded: 0, failed: 0, runs: 0 }
  readonly #trouble = new Map<
    string,
    { readonly row: Pick<StateRow, 'id' | 'run_id' | 'task_id'>; readonly event: NotificationEvent; count: number }
  >()
  readonly #steady: EpochMs
  #endsInMs: Ms | null = null
  #retriesInMs: Ms | undefined

  /** `steady` is needed where something stays or comes into a client's hands: those end by steady time. */
  constructor(tx: Tx, now: EpochMs, steady: EpochMs = now) {
    this.#tx = tx
    this.#now = now
    this.#steady = steady
  }

  /** Applies an event to an execution. False: the event means nothing in this state, and nothing changed. */
  apply(row: StateRow, event: ExecutionEvent, facts: EventFacts = {}): boolean {
    const earlier = isTooLate(event) ? earlierEnd(this.#tx, row) : undefined
    const to = next(stateOf(row), isTooLate(event) ? { ...event, earlier } : event)
    if (!to) return false
    const holds = to.state === 'assigned' || to.state === 'running' || to.state === 'disconnected'
    const final = isFinal(to.state)
    const queued = to.state === 'queued'
    const client = holds ? to.client : queued ? null : row.client_id
    const fence = holds ? to.fence : queued ? null : row.fence
    const startedAt = queued || event.on === 'handed-over' ? null : (facts.startedAt ?? row.started_at)
    const disconnectedAt = to.state === 'disconnected' ? (facts.disconnectedAt ?? row.disconnected_at) : null
    const startedSteady = startedAt === null ? null : this.#startedSteady(row)
    const holdEndsAt = to.state === 'disconnected' ? laterOf(facts.holdEndsAt, row.hold_ends_at) : null
    const { end, grace } = this.#endOf(to.state, row, { ...facts, startedSteady, disconnectedAt, holdEndsAt })
    this.#tx.run(
      `update execution set state = ?, reason = ?, client_id = ?, fence = ?, assigned_at = ?, started_at = ?,
        started_steady = ?, disconnected_at = ?, hold_ends_at = ?, ended_at = ?, ends_at_latest = ?,
        grace_ends_at = ?, digest = ? where id = ?`,
      to.state,
      'reason' in to ? to.reason : null,
      client,
      fence,
      event.on === 'handed-over' ? this.#now : queued ? null : row.assigned_at,
      startedAt,
      startedSteady,
      disconnectedAt,
      holdEndsAt,
      final ? (facts.endedAt ?? this.#now) : null,
      end,
      holds && event.on !== 'handed-over' ? grace : null,
      final ? (facts.digest ?? endDigest(to.state, 'reason' in to ? to.reason : null)) : null,
      row.id,
    )
    if (earlier) restoreEarlier(this.#tx, row)
    if (facts.again) this.#nextAttempt(row, facts.again)
    this.#count(row, to.state)
    if (event.on === 'handed-over') this.#handedOut.add(row.task_id)
    if ((final || queued) && row.client_id !== null) this.#freed.push({ client: row.client_id, execution: row.id })
    if (queued) this.noteQueued({ kind: row.slot_kind, value: row.slot_value })
    // Where the slot is one client's, that client has room now, and is looked at for that.
    if (final && (row.slot_kind !== 'client' || row.client_id === null)) this.#left.push(row)
    this.#noteEnd(to.state, end)
    return true
  }

  #nextAttempt(row: StateRow, again: NonNullable<EventFacts['again']>): void {
    this.#tx.run(
      `update execution set attempt = attempt + 1, not_before = ?, unproven_client = ?, unproven_fence = ?,
        unproven_until = null where id = ?`,
      again.notBefore,
      again.proved ? null : row.client_id,
      again.proved ? null : row.fence,
      row.id,
    )
    const inMs = again.notBefore - this.#now
    this.#retriesInMs = Math.min(inMs, this.#retriesInMs ?? inMs)
  }

  /**
   * Somebody wants it cancelled while its client is out of contact: then the end of hold is the latest end. Without
   * `neverBack` only where the client has stopped it by then; one that never comes back tells nothing of the others.
   */
  waitNoLonger(row: StateRow, neverBack: boolean): void {
    if (!(neverBack || endsWithHold(row)) || row.hold_ends_at === null) return
    this.#tx.run(
      'update execution set ends_at_latest = min(ends_at_latest, hold_ends_at) where id = ? and ends_at_latest is not null',
      row.id,
    )
    // Perhaps at once; who watches the end times looks again.
    this.#endsInMs = 0
  }

  /** A row was inserted in this state. */
  inserted(
    row: Pick<StateRow, 'id' | 'run_id' | 'task_id'> & Slot,
    state: ExecutionStateName,
    end: EpochMs | null,
  ): void {
    this.#executions.add(row.id)
    for (const deltas of [this.#deltas(this.#runs, row.run_id), this.#deltas(this.#tasks, row.task_id)]) {
      add(deltas, 'total', 1)
      add(deltas, countColumn(state) as keyof CountRow, 1)
    }
    this.#totals.set(state, (this.#totals.get(state) ?? 0) + 1)
    if (state === 'queued') this.noteQueued(row)
    this.#noteEnd(state, end)
    if (!isFinal(state)) return
    const { reason } = present(
      this.#tx.get<{ reason: string | null }>('select reason from execution where id = ?', row.id),
      'the new execution',
    )
    this.#tx.run('update execution set digest = ? where id = ?', endDigest(state, reason), row.id)
  }

  /** A run was made at this verb's time. */
  runMade(): void {
    this.#runStats.add(this.#now, 'active', 1)
  }

  /** Something of an execution changed that is no state. */
  noteExecution(row: Pick<StateRow, 'id' | 'run_id' | 'task_id'>): void {
    this.#executions.add(row.id)
    this.#deltas(this.#runs, row.run_id)
    this.#deltas(this.#tasks, row.task_id)
  }

  /** A run came into being or changed; it is looked at for completion. */
  noteRun(run: RunId, task: TaskId): void {
    this.#deltas(this.#runs, run)
    this.#deltas(this.#tasks, task)
  }

  noteTask(task: TaskId): void {
    this.#deltas(this.#tasks, task)
  }

  noteQueued(slot: Slot): void {
    this.#slots.set(`${slot.kind}:${slot.value}`, { kind: slot.kind, value: slot.value })
  }

  /** Writes the counters, completes what is complete, and says what was touched. Called once, at the end of the verb. */
  flush(): Touched {
    for (const [run, deltas] of this.#runs) this.#flushRun(run, deltas)
    for (const [task, deltas] of this.#tasks) this.#flushTask(task, deltas)
    for (const [state, value] of this.#totals) this.#addTotal('execution', state, value)
    this.#flushHour()
    this.#flushTrouble()
    for (const row of this.#left)
      if (this.#hasNext(row)) this.noteQueued({ kind: row.slot_kind, value: row.slot_value })
    this.#runStats.flush(this.#tx)
    return {
      executions: [...this.#executions],
      runs: [...this.#runs.keys()],
      tasks: [...this.#tasks.keys()],
      queuedSlots: [...this.#slots.values()],
      freed: this.#freed,
      endsInMs: this.#endsInMs,
      ...(this.#retriesInMs !== undefined && { retriesInMs: this.#retriesInMs }),
    }
  }

  #hasNext(row: StateRow): boolean {
    const next = this.#tx.get(
      `select 1 from execution where task_id = ? and slot_kind = ? and slot_value = ? and ends_at_latest is not null
        and state = 'queued' limit 1`,
      row.task_id,
      row.slot_kind,
      row.slot_value,
    )
    return next !== undefined
  }

  #count(row: StateRow, to: ExecutionStateName): void {
    this.#executions.add(row.id)
    const runs = this.#deltas(this.#runs, row.run_id)
    const tasks = this.#deltas(this.#tasks, row.task_id)
    if (row.state === to) return
    for (const deltas of [runs, tasks]) {
      add(deltas, countColumn(row.state) as keyof CountRow, -1)
      add(deltas, countColumn(to) as keyof CountRow, 1)
    }
    this.#totals.set(row.state, (this.#totals.get(row.state) ?? 0) - 1)
    this.#totals.set(to, (this.#totals.get(to) ?? 0) + 1)
    const told = toldAs(to)
    if (told) this.#noteTrouble(row, told)
    if (to === 'succeeded') this.#hours.succeeded += 1
    else if (isFinal(to) && to !== 'cancelled' && to !== 'skipped') this.#hours.failed += 1
  }

  #noteTrouble(row: Pick<StateRow, 'id' | 'run_id' | 'task_id'>, event: NotificationEvent): void {
    const known = this.#trouble.get(`${row.run_id} ${event}`)
    if (known) known.count += 1
    else this.#trouble.set(`${row.run_id} ${event}`, { row, event, count: 1 })
  }

  /** One note per run and kind, in the transaction in which it happened: people are told of it later. */
  #flushTrouble(): void {
    for (const { row, event, count } of this.#trouble.values()) {
      noteHappened(this.#tx, {
        subject: row.run_id,
        event,
        task: row.task_id,
        client: null,
        sample: row.id,
        count,
        now: this.#now,
      })
    }
  }

  #flushRun(run: RunId, deltas: Deltas): void {
    const row = this.#addCounts<RunRow>('run', RUN_ANSWER, deltas, run)
    if (!row || row.status === 'completed' || row.incomplete === 1 || row.open > 0) return
    const counts = countsOf(
      present(this.#tx.get<CountRow>(`select ${COUNT_COLUMNS.join(', ')} from run where id = ?`, run), 'the run'),
    )
    const outcome = runOutcome(counts, row.cancelled === 1)
    this.#tx.run(`update run set status = 'completed', outcome = ?, ended_at = ? where id = ?`, outcome, this.#now, run)
    this.#hours.runs += 1
    this.#runStats.add(row.created_at, 'active', -1)
    this.#runStats.add(row.created_at, outcome, 1)
    if (row.tried === 0) notePluginRun(this.#tx, this.#now, row.plugin, outcome)
    this.#tx.run(RUN_ENDED, outcome satisfies Outcome, run, row.task_id)
    this.#deltas(this.#tasks, row.task_id)
  }

  #flushTask(task: TaskId, deltas: Deltas): void {
    const row = this.#addCounts<TaskRow>('task', TASK_ANSWER, deltas, task)
    if (!row) return
    const status = this.#statusOf(task, row)
    if (status === row.status) return
    this.#tx.run('update task set status = ? where id = ?', status, task)
    if (row.uncounted === 1) return
    this.#addTotal('task', row.status, -1)
    this.#addTotal('task', status, 1)
  }

  #statusOf(task: TaskId, row: TaskRow): TaskStatus {
    if (row.open_runs === 0 && row.next_run_at === null) return 'completed'
    if (this.#handedOut.has(task)) return 'active'
    // Run now makes a completed task active again; a schedule is active between its occurrences.
    if (row.status === 'completed') return 'active'
    return row.status
  }

  /** One statement adds the deltas and looks at the sums. It names the columns that move: there are few such sets. */
  #addCounts<Row>(table: 'run' | 'task', answer: string, deltas: Deltas, id: string): Row | undefined {
    const columns = COUNT_COLUMNS.filter((column) => (deltas.get(column) ?? 0) !== 0)
    if (columns.length === 0) return this.#tx.get<Row>(`select ${answer} from ${table} where id = ?`, id)
    const moves = columns.map((column) => `${column} = ${column} + ?`).join(', ')
    const values = columns.map((column) => deltas.get(column) ?? 0)
    return this.#tx.get<Row>(`update ${table} set ${moves} where id = ? returning ${answer}`, ...values, id)
  }

  #addTotal(kind: 'execution' | 'task', word: string, value: number): void {
    if (value === 0) return
    this.#tx.run(
      `insert into total (kind, word, value) values (?, ?, ?)
        on conflict (kind, word) do update set value = value + excluded.value`,
      kind,
      word,
      value,
    )
  }

  #flushHour(): void {
    const { succeeded, failed, runs } = this.#hours
    if (succeeded + failed + runs === 0) return
    this.#tx.run(
      `insert into hour_stats (hour, succeeded, failed, runs) values (?, ?, ?, ?)
        on conflict (hour) do update set succeeded = succeeded + excluded.succeeded,
          failed = failed + excluded.failed, runs = runs + excluded.runs`,
      Math.floor(this.#now / HOUR_MS),
      succeeded,
      failed,
      runs,
    )
  }

  #deltas<Key>(map: Map<Key, Deltas>, key: Key): Deltas {
    let deltas = map.get(key)
    if (!deltas) {
      deltas = new Map()
      map.set(key, deltas)
    }
    return deltas
  }

  /** Of an attempt that has started: as it was first known, for the wall clock may have been set since. */
  #startedSteady(row: StateRow): EpochMs {
    if (row.started_steady !== null) return row.started_steady
    return row.started_at === null ? this.#steady : row.started_at + this.#steady - this.#now
  }

  /** A deadline is carried over to steady time as the two clocks stand now; that of what is queued stays a wall time. */
  #endOf(
    state: ExecutionStateName,
    row: StateRow,
    facts: Pick<EventFacts, 'back'> & {
      readonly startedSteady: EpochMs | null
      readonly disconnectedAt: EpochMs | null
      readonly holdEndsAt: EpochMs | null
    },
  ): { readonly end: EpochMs | null; readonly grace: EpochMs | null } {
    const ahead = state === 'queued' ? 0 : this.#steady - this.#now
    const end = endsAtLatest({
      state,
      deadlineAt: row.deadline_at + ahead,
      timeoutMs: row.timeout_ms,
      startedAt: facts.startedSteady,
      disconnectedAt: facts.disconnectedAt,
      endsWithHold: endsWithHold(row),
      holdEndsAt: facts.holdEndsAt,
    })
    if (end === null || facts.back === undefined) return { end, grace: row.grace_ends_at }
    const heldBack = (row.ends_at_latest ?? Infinity) <= this.#steady
    const grace = graceEndsAt({ end, given: row.grace_ends_at, heldBack, now: this.#steady })
    return { end: Math.max(end, grace ?? end), grace }
  }

  /** Something else ends by itself at this steady time. */
  noteEnd(end: EpochMs): void {
    this.#noteEnd('disconnected', end)
  }

  #noteEnd(state: ExecutionStateName, end: EpochMs | null): void {
    if (end === null) return
    const left = end - (state === 'queued' ? this.#now : this.#steady)
    this.#endsInMs = Math.min(left, this.#endsInMs ?? left)
  }
}

/** Events after which nothing is tried any more, because the deadline has passed. */
function isTooLate(event: ExecutionEvent): event is Extract<ExecutionEvent, { on: 'deadline-passed' | 'refused' }> {
  return event.on === 'deadline-passed' || (event.on === 'refused' && event.reason === 'too-late')
}

/**
 * Its client has stopped it when the hold ends, and nobody gains by waiting longer: somebody else may take it, or a
 * person wants it cancelled. Of all and of a user nobody else can: what became of it is worth waiting for.
 */
export function endsWithHold(row: Pick<StateRow, 'on_disconnect' | 'slot_kind' | 'cancel_requested_at'>): boolean {
  return row.on_disconnect === 'stop' && (row.slot_kind === 'any' || row.cancel_requested_at !== null)
}

/** As `endsWithHold`, for statements. */
export const ENDS_WITH_HOLD = `(on_disconnect = 'stop' and (slot_kind = 'any' or cancel_requested_at is not null))`

/** What says whether a run is complete; its counts are read only when it is. */
const RUN_ANSWER = `task_id, status, created_at, plugin, try_client is not null as tried, rows_written < audience_size as incomplete, cancel_requested_at is not null as cancelled,
  queued + assigned + running + disconnected as open`

interface RunRow {
  readonly task_id: TaskId
  readonly status: string
  readonly created_at: EpochMs
  readonly plugin: string
  readonly tried: 0 | 1
  readonly incomplete: 0 | 1
  readonly cancelled: 0 | 1
  readonly open: number
}

/**
 * An older run that ends late says nothing of its task any more; nor does one of a schedule that was skipped. The run that
 * was made last is no older one, whatever its id says: the wall clock may have been set back.
 */
const SHOWS = `(outcome_run is null or outcome_run < ?2 or last_run = ?2) and (?1 <> 'skipped' or type = 'ad-hoc' or outcome is null)`
const RUN_ENDED = `update task set open_runs = open_runs - 1,
  outcome = case when ${SHOWS} then ?1 else outcome end,
  outcome_run = case when ${SHOWS} and (?1 <> 'skipped' or type = 'ad-hoc') then ?2 else outcome_run end
  where id = ?3`

/** Tasks that lists do not show are not counted for the overview either. */
const TASK_ANSWER = 'status, open_runs, next_run_at, try_client is not null or deleted_at is not null as uncounted'

interface TaskRow {
  readonly uncounted: 0 | 1
  readonly status: TaskStatus
  readonly open_runs: number
  readonly next_run_at: number | null
}

/** A server that has started has written down the hold that the client was told before, which may be longer. */
function laterOf(holdEndsAt: EpochMs | undefined, stored: EpochMs | null): EpochMs | null {
  return holdEndsAt === undefined ? stored : Math.max(holdEndsAt, stored ?? holdEndsAt)
}

function add(deltas: Deltas, column: keyof CountRow, by: number): void {
  deltas.set(column, (deltas.get(column) ?? 0) + by)
}

function toldAs(state: ExecutionStateName): NotificationEvent | undefined {
  return state === 'failed' || state === 'timed-out' || state === 'expired' || state === 'lost' ? state : undefined
}
