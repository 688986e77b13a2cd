import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ClientId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { NotificationEvent } from '@octopus/protocol/rest/notifications.ts'

import { AGAIN_MS, COLLECT_MS, type MessageBody, type Notice, tellAt } from '#notifications/notice.ts'
import type { Tx } from '#store/sqlite/tx.ts'

import { forgetToldAhead, sweepVanished, takeVanished } from './vanished-notes.ts'

/** Notes looked at in one transaction; the others come next. */
const NOTES_MAX = 1_000
/** Notices in one message; who wants all of them looks at the dashboard. */
const NOTICES_MAX = 50
/** A target gets at most one message in this time, however much goes wrong. */
const GAP_MS = 60_000

/** Notes that something happened, in the transaction in which it did. Nothing is written while nobody wants to know. */
export function noteHappened(
  tx: Tx,
  note: {
    readonly subject: RunId | ClientId
    readonly event: NotificationEvent
    readonly task: TaskId | null
    readonly client: ClientId | null
    readonly sample: string | null
    readonly count: number
    readonly now: EpochMs
  },
): void {
  if (!tx.get('select 1 from notification_target where enabled = 1 limit 1')) return
  tx.run(
    `insert into notice (subject, event, task_id, client_id, sample, count, first_at, last_at) values (?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (subject, event) do update set count = count + excluded.count, sample = excluded.sample,
        first_at = case when count <= told then excluded.first_at else first_at end, last_at = excluded.last_at`,
    note.subject,
    note.event,
    note.task,
    note.client,
    note.sample,
    note.count,
    note.now,
    note.now,
  )
}

/** Makes messages of what is to be told now; answers how many. */
export function settleNotices(tx: Tx, now: EpochMs): number {
  sweepVanished(tx, now)
  const last = tx.get<{ value: number }>(`select value from counter where name = 'notices_settled_at'`)
  if (last !== undefined && now - last.value < GAP_MS && now >= last.value) return 0
  const candidates = tx.all<NoteRow>(UNTOLD_SQL, now - COLLECT_MS, now - AGAIN_MS, NOTES_MAX)
  const due = candidates.filter((row) => tellAt(untold(row)) <= now)
  const vanished = takeVanished(tx, now)
  if (due.length + vanished.length === 0) return 0
  let messages = 0
  for (const target of tx.all<TargetRow>('select id, events, tasks from notification_target where enabled = 1')) {
    const body = bodyFor(due, vanished, target)
    if (body.notices.length === 0) continue
    tx.run(
      `insert into notification_message (id, target_id, state, body, created_at, tried_from, next_try_at)
        values (?, ?, 'waiting', ?, ?, ?, ?)`,
      tx.ids.next(),
      target.id,
      JSON.stringify(body),
      now,
      now,
      now,
    )
    messages += 1
  }
  for (const row of due) {
    tx.run('update notice set told = count, told_at = ? where subject = ? and event = ?', now, row.subject, row.event)
    if (row.is_over === 1) tx.run('delete from notice where subject = ? and event = ?', row.subject, row.event)
  }
  if (messages > 0) {
    tx.run(
      `insert into counter (name, value) values ('notices_settled_at', ?)
        on conflict (name) do update set value = excluded.value`,
      now,
    )
  }
  return messages
}

/** What happened, or was told, by a clock that has been set back since counts as of now. */
export function shortenNotices(tx: Tx, now: EpochMs): void {
  // By their new time those that were told would seem to be new.
  forgetToldAhead(tx, now)
  tx.run(
    `update notice set first_at = min(first_at, ?1), last_at = min(last_at, ?1), told_at = min(told_at, ?1)
      where first_at > ?1 or last_at > ?1 or told_at > ?1`,
    now,
  )
}

/**
 * Leaves out what `tellAt` would refuse, so that a thousand notes that wait for their time keep none from being told.
 * The notes of clients are told together, elsewhere.
 */
const UNTOLD_SQL = `select n.subject, n.event, n.count - n.told as fresh, n.told, n.told_at, n.first_at, n.last_at, n.sample,
    n.task_id, t.name as task_name,
    t.try_client is not null as is_try, coalesce(r.status, 'completed') = 'completed' as is_over
  from notice n left join run r on r.id = n.subject left join task t on t.id = n.task_id
  where n.count > n.told and n.event <> 'client-vanished' and (
    coalesce(r.status, 'completed') = 'completed'
    or case when n.told = 0 or n.told_at is null then n.first_at <= ? else n.told_at <= ? end)
  order by n.first_at limit ?`

interface NoteRow {
  readonly subject: string
  readonly event: NotificationEvent
  readonly fresh: number
  readonly told: number
  readonly told_at: number | null
  readonly first_at: number
  readonly last_at: number
  readonly sample: string | null
  readonly task_id: TaskId | null
  readonly task_name: string | null
  readonly is_over: 0 | 1
  /** A source is tried out: whoever does that looks at it. */
  readonly is_try: 0 | 1
}

interface TargetRow {
  readonly id: string
  readonly events: string
  readonly tasks: string | null
}

function untold(row: NoteRow): Parameters<typeof tellAt>[0] {
  const { event, first_at: firstAt, told, told_at: toldAt } = row
  return { event, firstAt, told, toldAt, isOver: row.is_over === 1 }
}

function bodyFor(due: readonly NoteRow[], vanished: readonly Notice[], target: TargetRow): MessageBody {
  const events = new Set(JSON.parse(target.events) as NotificationEvent[])
  const tasks = target.tasks === null ? null : new Set(JSON.parse(target.tasks) as TaskId[])
  const wanted = due.filter(
    ({ event, task_id, is_try }) =>
      is_try === 0 && events.has(event) && (tasks === null || (task_id !== null && tasks.has(task_id))),
  )
  // Of some tasks only: clients are nobody's task.
  const clients = tasks === null && events.has('client-vanished') ? vanished : []
  const notices = [...wanted.map(noticeOf), ...clients].sort((a, b) => a.firstAt - b.firstAt)
  return { notices: notices.slice(0, NOTICES_MAX), more: Math.max(0, notices.length - NOTICES_MAX) }
}

function noticeOf(row: NoteRow): Notice {
  return {
    event: row.event,
    count: row.fresh,
    firstAt: row.first_at,
    lastAt: row.last_at,
    task: row.task_id === null || row.task_name === null ? null : { id: row.task_id, name: row.task_name },
    run: row.subject as RunId,
    client: null,
    execution: row.sample,
  }
}
