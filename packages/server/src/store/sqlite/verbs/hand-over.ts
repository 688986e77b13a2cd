import type { EpochMs } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { Checksum, ClientId, ExecutionId, SessionId } from '@octopus/protocol/ids.ts'
import { OUTPUT_BYTES_MAX } from '@octopus/protocol/limits.ts'
import { type Language, PASSING_REJECTIONS } from '@octopus/protocol/work.ts'

import {
  type ExecutionStore,
  type HandOverOutcome,
  type Placement,
  type QueuedExecution,
  type Slot,
} from '#executions/execution-store.ts'
import { fenceText } from '#executions/fence.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { Changes } from './changes.ts'
import { isOfRevoked } from './client-rows.ts'
import { futureFence } from './future-fence.ts'
import { neverTheirs, rejectedAlready } from './never-theirs.ts'
import { avoid, avoided } from './pauses.ts'
import { noteRejection, rejecters } from './rejections.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'
import { workStopped } from './runs.ts'

export const handOverVerbs: VerbsOf<
  Pick<ExecutionStore, 'readQueued' | 'readRetries' | 'handOver' | 'takeBack' | 'recordStarted' | 'recordRejected'>
> = {
  readQueued: (tx, { now, slots }) => {
    if (nothingGoesOut(tx)) return []
    return slotsInUse(tx, slots).flatMap((slot) =>
      tx
        .all<QueuedRow>(
          QUEUED_SQL,
          JSON.stringify(slot.takers),
          slot.onlyTheirs === true ? 1 : 0,
          slot.kind,
          slot.value,
          now,
          now,
          now,
          slot.limit,
        )
        .map(queuedExecution),
    )
  },

  readRetries: (tx, { now, after }) => {
    const slots = tx.all<Slot>(
      `select distinct slot_kind as kind, slot_value as value from execution
        where state = 'queued' and attempt > 1 and not_before > ? and not_before <= ?`,
      after,
      now,
    )
    const next = tx.get<{ at: number | null }>(
      `select min(not_before) as at from execution where state = 'queued' and attempt > 1 and not_before > ?`,
      now,
    )
    return { slots, nextAt: next?.at ?? null }
  },

  handOver: (tx, { now, steady, placements }) => {
    const changes = new Changes(tx, now, steady)
    const stopped = nothingGoesOut(tx)
    const outcomes = placements.map((placement): HandOverOutcome => {
      const handed = stopped ? undefined : handOne(tx, changes, now, placement)
      if (!handed) return { outcome: 'stale', execution: placement.execution, client: placement.client }
      return { outcome: 'handed-over', client: placement.client, session: placement.session, ...handed }
    })
    return { outcomes, touched: changes.flush() }
  },

  takeBack: (tx, { now, client, attempts }) => {
    const changes = new Changes(tx, now)
    for (const row of heldRows(tx, client, attempts)) takeBackOrCancel(tx, changes, row)
    return changes.flush()
  },

  recordStarted: (tx, { now, steady, client, attempts }) => {
    const changes = new Changes(tx, now, steady)
    const notTheirs: AttemptKey[] = []
    for (const attempt of attempts) {
      const row = heldRow(tx, client, attempt)
      if (row) changes.apply(row, { on: 'started' }, { startedAt: believable(row, attempt.startedAt, now) })
      else if (neverTheirs(tx, client, attempt)) notTheirs.push(attempt)
    }
    return { touched: changes.flush(), notTheirs }
  },

  recordRejected: (tx, { now, client, attempts }) => {
    const changes = new Changes(tx, now)
    const notTheirs: AttemptKey[] = []
    for (const attempt of attempts) {
      const row = heldRow(tx, client, attempt)
      if (!row) {
        if (rejectedAlready(tx, client, attempt, now) || neverTheirs(tx, client, attempt)) notTheirs.push(attempt)
        continue
      }
      const passing = (PASSING_REJECTIONS as readonly string[]).includes(attempt.reason)
      if (passing) {
        if (takeBackOrCancel(tx, changes, row)) avoid(tx, row, { client, reason: attempt.reason }, now)
      } else if (row.slot_kind === 'any' && attempt.reason !== 'too-late') {
        // Another client may be able to; the others have nobody else.
        if (takeBackOrCancel(tx, changes, row)) noteRejection(tx, row, { client, reason: attempt.reason })
      } else if (row.cancel_requested_at !== null) {
        changes.apply(row, { on: 'cancelled', reason: 'cancelled' })
      } else if (changes.apply(row, { on: 'refused', reason: attempt.reason })) {
        const error = { message: attempt.detail, type: attempt.reason, stack: '' }
        // Where the attempt before is the last one again, what that one told stays.
        tx.run(
          'update execution set error_json = ? where id = ? and attempt = ?',
          JSON.stringify(error),
          row.id,
          row.attempt,
        )
      }
    }
    return { touched: changes.flush(), notTheirs }
  },
}

/** All work is stopped, or this store has been shown that it is older than what its clients have. */
function nothingGoesOut(tx: Tx): boolean {
  return workStopped(tx) || futureFence(tx) !== null
}

type Slots = Parameters<ExecutionStore['readQueued']>[0]['slots']

/** Below this, asking which of them have anything costs as much as asking each what it has. */
const SLOTS_ASKED_ONE_BY_ONE = 8

/** The slots in which anything is queued: after a run for all, most of those that are looked at again are empty. */
function slotsInUse(tx: Tx, slots: Slots): Slots {
  if (slots.length <= SLOTS_ASKED_ONE_BY_ONE) return slots
  const used = tx.all<{ kind: string; slot: string }>(
    `select s.value ->> 'kind' as kind, s.value ->> 'value' as slot from json_each(?) s
      where exists (select 1 from execution where state = 'queued' and slot_kind = s.value ->> 'kind'
        and slot_value = s.value ->> 'value')`,
    JSON.stringify(slots.map(({ kind, value }) => ({ kind, value }))),
  )
  const keys = new Set(used.map(({ kind, slot }) => `${kind}:${slot}`))
  return slots.filter(({ kind, value }) => keys.has(`${kind}:${value}`))
}

/**
 * One that queues has its turn when nothing of its task and slot is out, and nothing older waits. What is out counts
 * whatever its age: ids are as old as the wall clock says, which may have been set back.
 */
const ITS_TURN = `(e.queues = 0 or not (exists (
    select 1 from execution o where o.task_id = e.task_id and o.slot_kind = e.slot_kind and o.slot_value = e.slot_value
      and o.ends_at_latest is not null and o.id < e.id)
  or exists (
    select 1 from execution o where o.task_id = e.task_id and o.slot_kind = e.slot_kind and o.slot_value = e.slot_value
      and o.state in ('assigned', 'running', 'disconnected'))))`

/** A cancel of a whole run counts at once, though its executions are marked a slice at a time. */
const WANTED = `not exists (select 1 from run w where w.id = e.run_id and w.cancel_requested_at is not null)`

/**
 * By priority and age. One that queues waits until every earlier execution of its task and slot is final; one that none
 * of those who can run its language may take now stands in nobody's way.
 */
const QUEUED_SQL = `select id, slot_kind, slot_value, language, priority, avoided_by, rejected_by,
    unproven_client, case when attempt > 1
      then (select json_group_array(a.client_id) from attempt a where a.execution_id = e.id) end as tried
  from execution e, (select ? as takers, ? as only_theirs) s
  where state = 'queued' and slot_kind = ? and slot_value = ? and not_before <= ?
    and language in (select key from json_each(s.takers)) and deadline_at > ?
    and ((avoided_by is null and rejected_by is null and unproven_client is null and s.only_theirs = 0)
      or exists (select 1 from json_each(s.takers, '$.' || language) t
        where (e.unproven_client = t.value or (e.unproven_client is null and s.only_theirs = 0))
          and (e.avoided_by is null or not exists (select 1 from json_each(e.avoided_by) a
            where a.value ->> 'until' > ? and a.value ->> 'client' = t.value))
          and (e.rejected_by is null or not exists (
            select 1 from json_each(e.rejected_by) r where r.value ->> 'client' = t.value))))
    and ${ITS_TURN} and ${WANTED}
  order by priority desc, id limit ?`

interface QueuedRow {
  readonly id: ExecutionId
  readonly slot_kind: QueuedExecution['slot']['kind']
  readonly slot_value: string
  readonly language: Language
  readonly priority: number
  readonly avoided_by: string | null
  readonly rejected_by: string | null
  readonly unproven_client: ClientId | null
  readonly tried: string | null
}

function queuedExecution(row: QueuedRow): QueuedExecution {
  return {
    id: row.id,
    slot: { kind: row.slot_kind, value: row.slot_value },
    language: row.language,
    priority: row.priority,
    avoided: avoided(row.avoided_by),
    rejectedBy: rejecters(row.rejected_by),
    tried: row.tried === null ? [] : (JSON.parse(row.tried) as ClientId[]),
    onlyClient: row.unproven_client,
  }
}

interface HandOverRow extends StateRow {
  readonly queued_at: number
  readonly not_before: number
  readonly plugin: string
  readonly checksum: Checksum
  readonly language: Language
  readonly action: string
  readonly args_json: string
  readonly kwargs_json: string
  readonly session_id: SessionId | null
  readonly status: string
  readonly draining: number
  readonly user_id: string | null
}

function handOne(tx: Tx, changes: Changes, now: EpochMs, placement: Placement): Handed | undefined {
  const row = tx.get<HandOverRow>(HAND_OVER_SQL, placement.client, placement.execution)
  if (!row || !premisesHold(row, now, placement)) return undefined
  const fence = nextFence(tx)
  if (!changes.apply(row, { on: 'handed-over', client: placement.client, fence })) return undefined
  const item: ExecuteItem = {
    execution: row.id,
    attempt: row.attempt,
    fence,
    fenceProof: tx.prove(fenceText({ execution: row.id, fence, client: placement.client })),
    slot: { kind: row.slot_kind, value: row.slot_value },
    plugin: row.plugin,
    checksum: row.checksum,
    language: row.language,
    action: row.action,
    argsJson: row.args_json,
    kwargsJson: row.kwargs_json,
    startWithinMs: row.deadline_at - now,
    timeoutMs: row.timeout_ms,
    onDisconnect: row.on_disconnect,
    outputBytesMax: OUTPUT_BYTES_MAX,
  }
  return { item, waitedMs: Math.max(0, now - Math.max(row.queued_at, row.not_before)) }
}

type Handed = Pick<Extract<HandOverOutcome, { outcome: 'handed-over' }>, 'item' | 'waitedMs'>

const HAND_OVER_SQL = `select ${STATE_COLUMNS.split(',')
  .map((column) => `e.${column.trim()}`)
  .join(', ')},
  e.queued_at, e.not_before, r.plugin, r.checksum, r.language, r.action, r.args_json, r.kwargs_json, c.session_id, c.status, c.draining, c.user_id
  from execution e join run r on r.id = e.run_id join client c on c.id = ? where e.id = ? and ${ITS_TURN} and ${WANTED}`

function premisesHold(row: HandOverRow, now: EpochMs, placement: Placement): boolean {
  const addressed =
    row.slot_kind === 'any' ||
    (row.slot_kind === 'client' && row.slot_value === placement.client) ||
    (row.slot_kind === 'user' && row.slot_value === row.user_id)
  return (
    row.state === 'queued' &&
    row.cancel_requested_at === null &&
    row.deadline_at > now &&
    addressed &&
    (row.unproven_client ?? placement.client) === placement.client &&
    row.session_id === placement.session &&
    row.status === 'approved' &&
    row.draining === 0
  )
}

function nextFence(tx: Tx): number {
  const row = tx.get<{ value: number }>(
    `insert into counter (name, value) values ('fence', 1)
      on conflict (name) do update set value = value + 1 returning value`,
  )
  return row?.value ?? 1
}

/** The row, if this very attempt is at this client. */
export function heldRow(tx: Tx, client: ClientId, attempt: AttemptKey): StateRow | undefined {
  return tx.get<StateRow>(
    `select ${STATE_COLUMNS} from execution where id = ? and client_id = ? and fence = ? and attempt = ?`,
    attempt.execution,
    client,
    attempt.fence,
    attempt.attempt,
  )
}

function heldRows(tx: Tx, client: ClientId, attempts: readonly AttemptKey[]): readonly StateRow[] {
  return attempts.flatMap((attempt) => heldRow(tx, client, attempt) ?? [])
}

/**
 * Proved not to have started: back to the queue, or cancelled if somebody asked for that meanwhile, or if only a client
 * could do it that was revoked. True: queued.
 */
export function takeBackOrCancel(tx: Tx, changes: Changes, row: StateRow): boolean {
  const barred = row.cancel_requested_at !== null ? 'cancelled' : isOfRevoked(tx, row) ? 'client-revoked' : undefined
  if (barred === undefined) return changes.apply(row, { on: 'taken-back' })
  changes.apply(row, { on: 'cancelled', reason: barred })
  return false
}

/** A client's time, as far as it can be true: not before the hand-over, not in the future. */
export function believable(row: Pick<StateRow, 'assigned_at'>, at: EpochMs, now: EpochMs): EpochMs {
  return Math.min(now, Math.max(row.assigned_at ?? at, at))
}
