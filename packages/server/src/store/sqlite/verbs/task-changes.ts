import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'
import type { TaskStore } from '#tasks/task-store.ts'

import { Changes } from './changes.ts'
import { endSchedule } from './end-schedule.ts'

type TaskHead = {
  readonly revision: number
  readonly next_run_at: number | null
  readonly paused_at: number | null
}

export const taskChangeVerbs: VerbsOf<Pick<TaskStore, 'changeTask' | 'pauseTask' | 'resumeTask'>> = {
  changeTask: (tx, { now, actor, task: id, ifRevision, definition, nextRunAt, keys }) => {
    const head = headOf(tx, id)
    if (!head) return { outcome: 'no-task' }
    if (head.revision !== ifRevision) return { outcome: 'stale', revision: head.revision }
    if (!tx.get('select 1 from plugin where name = ? and deleted_at is null', definition.plugin)) {
      return { outcome: 'plugin-gone' }
    }
    if (
      definition.userId !== null &&
      !tx.get('select 1 from user where id = ? and deleted_at is null', definition.userId)
    ) {
      return { outcome: 'user-gone' }
    }
    tx.run(
      `update task set name = ?, plugin = ?, action = ?, args_json = ?, kwargs_json = ?, owner = ?, user_id = ?,
          start_at = ?, end_at = ?, interval_ms = ?, cron = ?, time_zone = ?, catch_up = ?, overlap = ?, timeout_ms = ?,
          deadline_ms = ?, on_disconnect = ?, retry_max = ?, retry_backoff_ms = ?, retry_on = ?, priority = ?, next_run_at = ?, revision = revision + 1
        where id = ?`,
      definition.name,
      definition.plugin,
      definition.action,
      definition.argsJson,
      definition.kwargsJson,
      definition.owner,
      definition.userId,
      definition.startAt,
      definition.endAt,
      definition.intervalMs,
      definition.cron,
      definition.timeZone,
      definition.catchUp,
      definition.overlap,
      definition.timeoutMs,
      definition.deadlineMs,
      definition.onDisconnect,
      definition.retry.maxAttempts,
      definition.retry.backoffMs,
      JSON.stringify(definition.retry.on),
      definition.priority,
      nextRunAt ?? head.next_run_at,
      id,
    )
    writeAudit(tx, { now, actor, action: 'task.changed', subject: id, details: { keys } })
    return { outcome: 'changed' }
  },

  pauseTask: (tx, { now, actor, task: id }) => {
    const head = headOf(tx, id)
    if (!head) return 'no-task'
    if (head.paused_at !== null) return 'was-paused'
    if (head.next_run_at === null) return 'ended'
    tx.run('update task set paused_at = ?, revision = revision + 1 where id = ?', now, id)
    writeAudit(tx, { now, actor, action: 'task.paused', subject: id })
    return 'paused'
  },

  resumeTask: (tx, { now, actor, task: id, ifRevision, nextRunAt }) => {
    const head = headOf(tx, id)
    if (!head || head.revision !== ifRevision || head.paused_at === null) return { outcome: 'stale' }
    const changes = new Changes(tx, now)
    if (nextRunAt === null) endSchedule(tx, changes, id, 'skipped')
    else {
      tx.run('update task set paused_at = null, next_run_at = ?, revision = revision + 1 where id = ?', nextRunAt, id)
      changes.noteTask(id)
    }
    writeAudit(tx, { now, actor, action: 'task.resumed', subject: id })
    return { outcome: 'resumed', touched: changes.flush() }
  },
}

function headOf(tx: Tx, id: string): TaskHead | undefined {
  return tx.get('select revision, next_run_at, paused_at from task where id = ? and deleted_at is null', id)
}
