import type { ClientStatus } from '@octopus/protocol/enroll.ts'
import type { ClientId, ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { ExecutionStateName, SlotKind } from '@octopus/protocol/work.ts'

import type { ExecutionDetail } from '#executions/execution-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'
import type { ClientEvent, HandedBack, WhyClient, WhyFacts, WhyRun, WhyStore } from '#why/why-store.ts'

import { readExecutionDetail } from './execution-reads.ts'
import { futureFence } from './future-fence.ts'
import { workStopped } from './runs.ts'
import { readTask } from './tasks.ts'

export const whyVerbs: VerbsOf<WhyStore> = {
  readWhy: (tx, question) => {
    if ('execution' in question) {
      const execution = readExecutionDetail(tx, question.execution)
      if (!execution) return { outcome: 'no-execution' }
      const slotClient = execution.slot.kind === 'client' ? (execution.slot.value as ClientId) : null
      const client = execution.client ?? slotClient
      return facts(tx, { execution, run: execution.runId, client: client && readWhyClient(tx, client), task: null })
    }
    const task = readTask(tx, question.task)
    if (!task) return { outcome: 'no-task' }
    const client = readWhyClient(tx, question.client)
    if (!client) return { outcome: 'no-client' }
    const run = task.lastRun
    return facts(tx, { execution: run === null ? null : executionFor(tx, run, client.id), run, client, task })
  },
}

function facts(
  tx: Tx,
  found: {
    readonly execution: ExecutionDetail | null
    readonly run: RunId | null
    readonly client: WhyClient | null
    readonly task: WhyFacts['task']
  },
): WhyFacts {
  const { execution, run, client, task } = found
  return {
    outcome: 'found',
    task,
    run: run === null ? null : readWhyRun(tx, run, client?.id ?? null),
    execution,
    client,
    lacks: execution && client && lacksOf(tx, client.id, execution),
    handedBack: execution === null ? [] : handedBackOf(tx, execution.id),
    behind: execution?.state === 'queued' ? behindOf(tx, execution) : null,
    workStopped: workStopped(tx),
    oldStore: futureFence(tx) !== null,
  }
}

/** The execution of a run that this client has or could have: that of its own slot, or the only one of the run. */
function executionFor(tx: Tx, run: RunId, client: ClientId): ExecutionDetail | null {
  const own = tx.get<{ id: ExecutionId }>(
    `select id from execution where run_id = ? and slot_kind = 'client' and slot_value = ?`,
    run,
    client,
  )
  const row =
    own ??
    tx.get<{ id: ExecutionId }>(
      `select id from execution where run_id = ? and slot_kind in ('user', 'any') limit 1`,
      run,
    )
  return row ? readExecutionDetail(tx, row.id) : null
}

interface WhyRunRow {
  readonly id: RunId
  readonly task_name: string
  readonly cause_kind: WhyRun['cause']['kind']
  readonly cause_by: string | null
  readonly cause_of: string | null
  readonly created_at: number
  readonly due_at: number
  readonly audience_size: number
  readonly note: string | null
  readonly try_client: string | null
  readonly slot_kind: SlotKind
  readonly unwritten: 0 | 1
}

function readWhyRun(tx: Tx, id: RunId, client: ClientId | null): WhyRun | null {
  const row = tx.get<WhyRunRow>(
    `select r.id, t.name as task_name, r.cause_kind, r.cause_by, r.cause_of, r.created_at, r.due_at, r.audience_size,
        r.note, r.try_client, r.slot_kind, r.audience_left is not null and (r.slot_kind <> 'client' or exists (
          select 1 from json_each(r.audience_left) where value = ?)) as unwritten
      from run r join task t on t.id = r.task_id where r.id = ?`,
    client,
    id,
  )
  if (!row) return null
  return {
    id: row.id,
    taskName: row.task_name,
    cause: { kind: row.cause_kind, by: row.cause_by, of: row.cause_of },
    createdAt: row.created_at,
    dueAt: row.due_at,
    audienceSize: row.audience_size,
    note: row.note,
    try: row.try_client !== null,
    slotKind: row.slot_kind,
    unwritten: row.unwritten === 1,
  }
}

interface WhyClientRow {
  readonly id: ClientId
  readonly name: string
  readonly user_name: string | null
  readonly status: ClientStatus
  readonly draining: number
  readonly created_at: number
  readonly deleted_at: number | null
  readonly last_seen_at: number | null
  readonly session_began_at: number | null
  readonly runtimes: string
  readonly slots: number | null
  readonly slots_limit: number | null
}

/** Deleted ones too, as long as there is a row: somebody may ask about yesterday. */
function readWhyClient(tx: Tx, id: ClientId): WhyClient | null {
  const row = tx.get<WhyClientRow>(
    `select c.id, c.name, u.name as user_name, c.status, c.draining, c.created_at, c.deleted_at, c.last_seen_at,
        c.session_began_at, c.runtimes, c.slots, c.slots_limit
      from client c left join user u on u.id = c.user_id where c.id = ?`,
    id,
  )
  if (!row) return null
  const runtimes = JSON.parse(row.runtimes) as { readonly language: WhyClient['languages'][number] }[]
  return {
    id: row.id,
    name: row.name,
    user: row.user_name,
    status: row.status,
    draining: row.draining === 1,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
    lastSeenAt: row.last_seen_at,
    sessionBeganAt: row.session_began_at,
    languages: runtimes.map(({ language }) => language),
    slots: row.slots === null ? null : Math.min(row.slots, row.slots_limit ?? row.slots),
    history: historyOf(tx, id),
  }
}

/** Rarely anything is done to a client; of one that is drained every night, the newest year will do. */
const HISTORY_MAX = 800

const BECAME: Readonly<Record<string, ClientEvent['became']>> = {
  'client.approved': 'approved',
  'client.revoked': 'revoked',
  'client.deleted': 'deleted',
  'client.restored': 'restored',
  'client.drained': 'draining',
  'client.resumed': 'not-draining',
}

function historyOf(tx: Tx, client: ClientId): readonly ClientEvent[] {
  const rows = tx.all<{ at: number; action: string; details: string }>(
    `select at, action, details from audit indexed by audit_by_subject where subject = ? and action in ('client.enrolled',
        'client.approved', 'client.revoked', 'client.deleted', 'client.restored', 'client.drained', 'client.resumed')
      order by id desc limit ?`,
    client,
    HISTORY_MAX,
  )
  return rows.toReversed().flatMap(({ at, action, details }) => {
    const became = BECAME[action] ?? (JSON.parse(details) as { readonly status?: ClientStatus }).status
    return became === undefined ? [] : [{ at, became }]
  })
}

function lacksOf(tx: Tx, client: ClientId, { checksum }: ExecutionDetail): string | null {
  const row = tx.get<{ reason: string }>(
    `select json_extract(value, '$.reason') as reason from client c, json_each(c.missing)
      where c.id = ? and json_extract(value, '$.checksum') = ? limit 1`,
    client,
    checksum,
  )
  return row?.reason ?? null
}

/** Both lists are kept short by who writes them. */
function handedBackOf(tx: Tx, execution: ExecutionId): readonly HandedBack[] {
  const noted = (column: string): string => `select r.value ->> 'client' as client,
      coalesce(c.name, r.value ->> 'client') as name, r.value ->> 'reason' as reason, r.value ->> 'attempt' as attempt,
      r.value ->> 'fence' as fence, r.value ->> 'assignedAt' as assignedAt, r.value ->> 'until' as pausedUntil
    from execution e, json_each(e.${column}) r left join client c on c.id = r.value ->> 'client' where e.id = ?`
  const rows = [
    ...tx.all<HandedBack>(noted('avoided_by'), execution),
    ...tx.all<HandedBack>(noted('rejected_by'), execution),
  ]
  return rows.toSorted((a, b) => (a.fence ?? 0) - (b.fence ?? 0))
}

/** What has to be final before this one may begin, where its run queues. */
function behindOf(tx: Tx, { id }: ExecutionDetail): WhyFacts['behind'] {
  const row = tx.get<{ task_id: TaskId; slot_kind: string; slot_value: string; queues: 0 | 1 }>(
    'select task_id, slot_kind, slot_value, queues from execution where id = ?',
    id,
  )
  if (row?.queues !== 1) return null
  const slot = [row.task_id, row.slot_kind, row.slot_value] as const
  const columns = 'select id as execution, run_id as run, state from execution'
  const inSlot = 'where task_id = ? and slot_kind = ? and slot_value = ?'
  return (
    tx.get<{ execution: ExecutionId; run: RunId; state: ExecutionStateName }>(
      `${columns} ${inSlot} and state in ('assigned', 'running', 'disconnected') limit 1`,
      ...slot,
    ) ??
    tx.get<{ execution: ExecutionId; run: RunId; state: ExecutionStateName }>(
      `${columns} ${inSlot} and ends_at_latest is not null and id < ? order by id limit 1`,
      ...slot,
      id,
    ) ??
    null
  )
}
