import type { TaskId } from '@octopus/protocol/ids.ts'
import { TARGETS_MAX } from '@octopus/protocol/limits.ts'
import type { MessageState, NotificationEvent, TargetKind } from '@octopus/protocol/rest/notifications.ts'

import { type MessageBody, WAITS_MS } from '#notifications/notice.ts'
import type { MessageRecord, NotificationStore, TargetRecord } from '#notifications/notification-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

import { listPage } from './list.ts'
import { settleNotices, shortenNotices } from './notices.ts'

export const notificationVerbs: VerbsOf<NotificationStore> = {
  createTarget: (tx, { now, actor, kind, settings }) => {
    const count = tx.get<{ n: number }>('select count(*) as n from notification_target')?.n ?? 0
    if (count >= TARGETS_MAX) return { outcome: 'too-many' }
    const id = tx.ids.next()
    const { name, url, secret, recipients, events, tasks, enabled } = settings
    tx.run(
      `insert into notification_target (id, name, kind, url, secret, recipients, events, tasks, enabled, revision,
          created_at, created_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
      id,
      name,
      kind,
      url,
      secret,
      JSON.stringify(recipients),
      JSON.stringify(events),
      tasks === null ? null : JSON.stringify(tasks),
      enabled ? 1 : 0,
      now,
      actor.name,
    )
    // Neither address nor secret: the trail is read by more people than may see them.
    writeAudit(tx, { now, actor, action: 'notification-target.create', subject: id, details: { name, kind, events } })
    return { outcome: 'created', id }
  },

  changeTarget: (tx, { now, actor, id, ifRevision, changes }) => {
    const before = readTarget(tx, id)
    if (!before) return { outcome: 'not-found' }
    if (before.revision !== ifRevision) return { outcome: 'stale', revision: before.revision }
    const { name, url, secret, recipients, events, tasks, enabled } = { ...before, ...changes }
    tx.run(
      `update notification_target set name = ?, url = ?, secret = ?, recipients = ?, events = ?, tasks = ?, enabled = ?,
        revision = revision + 1 where id = ?`,
      name,
      url,
      secret,
      JSON.stringify(recipients),
      JSON.stringify(events),
      tasks === null ? null : JSON.stringify(tasks),
      enabled ? 1 : 0,
      id,
    )
    const details = { name, changed: Object.keys(changes) }
    writeAudit(tx, { now, actor, action: 'notification-target.change', subject: id, details })
    return { outcome: 'changed' }
  },

  deleteTarget: (tx, { now, actor, id }) => {
    const target = readTarget(tx, id)
    if (!target) return false
    tx.run('delete from notification_message where target_id = ?', id)
    tx.run('delete from notification_target where id = ?', id)
    const details = { name: target.name }
    writeAudit(tx, { now, actor, action: 'notification-target.delete', subject: id, details })
    return true
  },

  readTarget: (tx, { id }) => readTarget(tx, id),

  listTargets: (tx, request) =>
    listPage<TargetRow, TargetRecord>(tx, request, {
      select: 'select * from notification_target',
      from: 'from notification_target',
      key: ['id'],
      direction: 'asc',
      conditions: [],
      keyOf: (row) => [row.id],
      map: targetRecord,
    }),

  listMessages: (tx, request) =>
    listPage<MessageRow, MessageRecord>(tx, request, {
      select: MESSAGE_SELECT,
      from: 'from notification_message m',
      key: ['m.id'],
      direction: 'desc',
      conditions: [
        { sql: 'm.state = ?', value: request.filter.state },
        { sql: 'm.target_id = ?', value: request.filter.target },
      ],
      keyOf: (row) => [row.id],
      map: messageRecord,
    }),

  readMessage: (tx, { id }) => {
    const row = tx.get<MessageRow>(`${MESSAGE_SELECT} where m.id = ?`, id)
    return row ? messageRecord(row) : null
  },

  retryMessage: (tx, { now, actor, id }) => {
    const again = tx.run(
      `update notification_message set state = 'waiting', tries = 0, tried_from = ?, next_try_at = ?, ended_at = null
        where id = ? and state = 'dead'`,
      now,
      now,
      id,
    )
    if (again > 0) writeAudit(tx, { now, actor, action: 'notification-message.retry', subject: id })
    return again > 0
  },

  settleNotices: (tx, { now }) => ({ messages: settleNotices(tx, now) }),

  // Walks through what waits: clocks are set seldom.
  shortenWaits: (tx, { now }) => {
    shortenNotices(tx, now)
    tx.run(
      `update notification_message set tried_from = min(tried_from, ?1),
          next_try_at = min(next_try_at, ?1 + (select value from json_each(?2) where key = min(max(tries, 1), ?3) - 1))
        where state = 'waiting' and next_try_at > ?1`,
      now,
      JSON.stringify(WAITS_MS),
      WAITS_MS.length,
    )
  },

  readDueMessages: (tx, { now, limit }) =>
    tx
      .all<MessageRow>(
        `${MESSAGE_SELECT} where t.enabled = 1 and m.id in (
            select min(id) from notification_message where state = 'waiting' and next_try_at <= ? group by target_id)
          order by m.next_try_at limit ?`,
        now,
        limit,
      )
      .flatMap((row) => {
        const target = readTarget(tx, row.target_id)
        return target ? [{ message: messageRecord(row), target }] : []
      }),

  recordTry: (tx, { now, id, outcome }) => {
    const state: MessageState = outcome.sent ? 'sent' : outcome.nextTryAt === null ? 'dead' : 'waiting'
    const problem = outcome.sent ? null : outcome.problem
    const found = tx.get<{ target_id: string }>(
      `update notification_message set state = ?, tries = tries + 1, problem = ?, next_try_at = ?, ended_at = ?
        where id = ? and state = 'waiting' returning target_id`,
      state,
      problem,
      outcome.sent ? null : outcome.nextTryAt,
      state === 'waiting' ? null : now,
      id,
    )
    if (!found) return
    tx.run(
      'update notification_target set problem = ?, last_sent_at = coalesce(?, last_sent_at) where id = ?',
      problem,
      outcome.sent ? now : null,
      found.target_id,
    )
  },
}

function readTarget(tx: Tx, id: string): TargetRecord | null {
  const row = tx.get<TargetRow>('select * from notification_target where id = ?', id)
  return row ? targetRecord(row) : null
}

interface TargetRow {
  readonly id: string
  readonly name: string
  readonly kind: TargetKind
  readonly url: string | null
  readonly secret: string | null
  readonly recipients: string
  readonly events: string
  readonly tasks: string | null
  readonly enabled: number
  readonly last_sent_at: number | null
  readonly problem: string | null
  readonly revision: number
  readonly created_at: number
  readonly created_by: string
}

function targetRecord(row: TargetRow): TargetRecord {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    url: row.url,
    secret: row.secret,
    recipients: JSON.parse(row.recipients) as string[],
    events: JSON.parse(row.events) as NotificationEvent[],
    tasks: row.tasks === null ? null : (JSON.parse(row.tasks) as TaskId[]),
    enabled: row.enabled === 1,
    lastSentAt: row.last_sent_at,
    problem: row.problem,
    revision: row.revision,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }
}

const MESSAGE_SELECT = `select m.id, m.target_id, t.name as target_name, m.state, m.body, m.tries, m.problem, m.created_at,
  m.tried_from, m.next_try_at, m.ended_at from notification_message m join notification_target t on t.id = m.target_id`

interface MessageRow {
  readonly id: string
  readonly target_id: string
  readonly target_name: string
  readonly state: MessageState
  readonly body: string
  readonly tries: number
  readonly problem: string | null
  readonly created_at: number
  readonly tried_from: number
  readonly next_try_at: number | null
  readonly ended_at: number | null
}

function messageRecord(row: MessageRow): MessageRecord {
  return {
    id: row.id,
    target: { id: row.target_id, name: row.target_name },
    state: row.state,
    body: JSON.parse(row.body) as MessageBody,
    tries: row.tries,
    problem: row.problem,
    createdAt: row.created_at,
    triedFrom: row.tried_from,
    nextTryAt: row.next_try_at,
    endedAt: row.ended_at,
  }
}
