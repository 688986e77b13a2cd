import type { ReportedError } from '@octopus/protocol/from-client.ts'
import type { Checksum, ClientId, ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type {
  End,
  EndReason,
  ExecutionStateName,
  Language,
  OnDisconnect,
  RetryEnd,
  SlotKind,
} from '@octopus/protocol/work.ts'

import type {
  EarlierAttempt,
  ExecutionDetail,
  ExecutionRecord,
  ExecutionStore,
  LateResult,
  StoredResult,
} from '#executions/execution-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { namedAvoided } from './pauses.ts'
import { namedRejections } from './rejections.ts'
import { NO_VERSION, retryOf, type RetryRow } from './rows.ts'

export const executionReadVerbs: VerbsOf<Pick<ExecutionStore, 'readExecution' | 'readRejections'>> = {
  readExecution: (tx, { id }) => readExecutionDetail(tx, id),

  readRejections: (tx, { task }) => {
    const row = tx.get<{ rejected_by: string | null }>(
      `select rejected_by from execution where task_id = ? and slot_kind = 'any' and slot_value = '' and state = 'queued'
        and ends_at_latest is not null order by id limit 1`,
      task,
    )
    return namedRejections(tx, row?.rejected_by ?? null)
  },
}

export function readExecutionDetail(tx: Tx, id: ExecutionId): ExecutionDetail | null {
  const row = tx.get<DetailRow>(
    `${EXECUTION_SELECT}, r.args_json, r.kwargs_json, ${POLICY_COLUMNS}, ${RESULT_COLUMNS}
      from execution e ${EXECUTION_FROM} where e.id = ?`,
    id,
  )
  return row ? detail(tx, row) : null
}

export interface ExecutionRow {
  readonly id: ExecutionId
  readonly run_id: RunId
  readonly task_id: TaskId
  readonly task_name: string
  readonly plugin: string
  readonly plugin_version: number
  readonly try_client: string | null
  readonly checksum: Checksum
  readonly language: Language
  readonly action: string
  readonly slot_kind: SlotKind
  readonly slot_value: string
  readonly slot_label: string | null
  readonly client_id: ClientId | null
  readonly client_name: string | null
  readonly state: ExecutionStateName
  readonly reason: string | null
  readonly attempt: number
  readonly fence: number | null
  readonly on_disconnect: OnDisconnect
  readonly due_at: number
  readonly queued_at: number
  readonly assigned_at: number | null
  readonly started_at: number | null
  readonly ended_at: number | null
  readonly deadline_at: number
  readonly ends_at_latest: number | null
  readonly cancel_requested_at: number | null
}

export const EXECUTION_SELECT = `select e.id, e.run_id, e.task_id, t.name as task_name, r.plugin, r.plugin_version, r.try_client, r.checksum,
  e.language, r.action, e.slot_kind, e.slot_value,
  case e.slot_kind when 'client' then s.name when 'user' then v.name else 'anyone' end as slot_label,
  e.client_id, c.name as client_name, e.state, e.reason, e.attempt, e.fence, e.on_disconnect, e.due_at, e.queued_at,
  e.assigned_at, e.started_at, e.ended_at, e.deadline_at, e.ends_at_latest,
  coalesce(e.cancel_requested_at, case when e.ends_at_latest is not null then r.cancel_requested_at end) as cancel_requested_at`

/** What a row needs of other tables, for `from execution e`; that one stays the outer one. */
export const EXECUTION_FROM = `cross join run r on r.id = e.run_id cross join task t on t.id = e.task_id
  left join client c on c.id = e.client_id
  left join client s on e.slot_kind = 'client' and s.id = e.slot_value
  left join user v on e.slot_kind = 'user' and v.id = e.slot_value`

export interface ResultColumns {
  readonly value_json: string | null
  readonly value_kind: 'json' | 'text' | null
  readonly error_json: string | null
  readonly output_bytes: number | null
  readonly output_cut: number | null
  readonly value_cut: number | null
}

export const RESULT_COLUMNS = 'e.value_json, e.value_kind, e.error_json, e.output_bytes, e.output_cut, e.value_cut'

const POLICY_COLUMNS = `r.retry_max, r.retry_backoff_ms, r.retry_on, e.not_before, e.disconnected_at, e.rejected_by, e.avoided_by, e.result_fence,
  (select name from client where id = e.unproven_client) as unproven_name`

interface DetailRow extends ExecutionRow, ResultColumns, RetryRow {
  readonly not_before: number
  readonly disconnected_at: number | null
  readonly rejected_by: string | null
  readonly avoided_by: string | null
  readonly result_fence: number | null
  readonly unproven_name: string | null
  readonly args_json: string
  readonly kwargs_json: string
}

interface AttemptRow extends ResultColumns {
  readonly attempt: number
  readonly fence: number
  readonly client_id: ClientId
  readonly client_name: string | null
  readonly ending: RetryEnd
  readonly reason: string
  readonly proved: number
  readonly assigned_at: number | null
  readonly started_at: number | null
  readonly ended_at: number
}

interface LateRow extends ResultColumns {
  readonly attempt: number
  readonly fence: number
  readonly ending: End
  readonly reason: EndReason
  readonly client_id: ClientId
  readonly received_at: number
}

function detail(tx: Tx, row: DetailRow): ExecutionDetail {
  const late = tx.all<LateRow>('select * from late_result where execution_id = ? order by fence', row.id)
  const attempts = tx.all<AttemptRow>(
    `select a.*, c.name as client_name from attempt a left join client c on c.id = a.client_id
      where a.execution_id = ? order by a.attempt`,
    row.id,
  )
  return {
    ...executionRecord(row),
    retry: retryOf(row),
    attempts: attempts.map(earlierAttempt),
    notBefore: row.not_before,
    disconnectedAt: row.disconnected_at,
    unprovenClient: row.unproven_name,
    rejections: row.state === 'queued' ? namedRejections(tx, row.rejected_by) : [],
    avoided: row.state === 'queued' ? namedAvoided(tx, row.avoided_by) : [],
    argsJson: row.args_json,
    kwargsJson: row.kwargs_json,
    result: hasResult(row) ? storedResult(row) : null,
    resultFence: row.result_fence,
    lateResults: late.map(lateResult),
  }
}

function earlierAttempt(row: AttemptRow): EarlierAttempt {
  return {
    attempt: row.attempt,
    fence: row.fence,
    client: row.client_id,
    clientName: row.client_name ?? row.client_id,
    end: row.ending,
    reason: row.reason,
    proved: row.proved === 1,
    assignedAt: row.assigned_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    result: hasResult(row) ? storedResult(row) : null,
  }
}

function hasResult(row: ResultColumns): boolean {
  return row.value_kind !== null || row.error_json !== null
}

function lateResult(row: LateRow): LateResult {
  return {
    ...storedResult(row),
    attempt: row.attempt,
    fence: row.fence,
    end: row.ending,
    reason: row.reason,
    client: row.client_id,
    receivedAt: row.received_at,
  }
}

export function storedResult(row: ResultColumns): StoredResult {
  return {
    valueJson: row.value_json,
    valueKind: row.value_kind ?? 'json',
    error: row.error_json === null ? null : (JSON.parse(row.error_json) as ReportedError),
    outputBytes: row.output_bytes ?? 0,
    outputCut: row.output_cut === 1,
    valueCut: row.value_cut === 1,
  }
}

export function executionRecord(row: ExecutionRow): ExecutionRecord {
  return {
    id: row.id,
    runId: row.run_id,
    taskId: row.task_id,
    taskName: row.task_name,
    plugin: row.plugin,
    pluginVersion: row.plugin_version === NO_VERSION ? null : row.plugin_version,
    try: row.try_client !== null,
    checksum: row.checksum,
    language: row.language,
    action: row.action,
    slot: { kind: row.slot_kind, value: row.slot_value },
    slotLabel: row.slot_label ?? row.slot_value,
    client: row.client_id,
    clientName: row.client_name,
    state: row.state,
    reason: row.reason,
    attempt: row.attempt,
    fence: row.fence,
    onDisconnect: row.on_disconnect,
    dueAt: row.due_at,
    queuedAt: row.queued_at,
    assignedAt: row.assigned_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    deadlineAt: row.deadline_at,
    endsAtLatest: row.ends_at_latest,
    cancelRequestedAt: row.cancel_requested_at,
  }
}
