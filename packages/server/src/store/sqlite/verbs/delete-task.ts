import type { DeletedStore } from '#deleting/deleted-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { VerbsOf } from '#store/sqlite/tx.ts'

import { Changes } from './changes.ts'
import { addTotal } from './totals.ts'

interface Row {
  readonly name: string
  readonly status: string
  readonly plugin: string
  readonly user_id: string | null
  readonly open_runs: number
  readonly open: number
  readonly deleted_at: number | null
}

const ROW = `select name, status, plugin, user_id, open_runs, queued + assigned + running + disconnected as open, deleted_at
  from task where id = ? and try_client is null`

export const deleteTaskVerbs: VerbsOf<Pick<DeletedStore, 'deleteTask' | 'restoreTask'>> = {
  deleteTask: (tx, { now, actor, task }) => {
    const row = tx.get<Row>(ROW, task)
    if (!row || row.deleted_at !== null) return { outcome: 'no-task' }
    if (row.open_runs > 0) return { outcome: 'at-work', name: row.name, executions: row.open }
    const changes = new Changes(tx, now)
    addTotal(tx, 'task', row.status, -1)
    // Paused, not ended: restored it can go on where it was, and until somebody resumes it nothing of it starts.
    tx.run(
      `update task set deleted_at = ?, revision = revision + 1,
        paused_at = case when next_run_at is null then paused_at else coalesce(paused_at, ?) end where id = ?`,
      now,
      now,
      task,
    )
    writeAudit(tx, { now, actor, action: 'task.deleted', subject: task, details: { name: row.name } })
    changes.noteTask(task)
    return { outcome: 'deleted', touched: changes.flush() }
  },

  restoreTask: (tx, { now, actor, task, deletedAfter }) => {
    const changes = new Changes(tx, now)
    const row = tx.get<Row>(ROW, task)
    if (!row || (row.deleted_at !== null && row.deleted_at < deletedAfter)) return { outcome: 'no-task' }
    if (row.deleted_at === null) return { outcome: 'restored', touched: changes.flush() }
    if (!tx.get('select 1 from plugin where name = ? and deleted_at is null', row.plugin)) {
      return { outcome: 'plugin-gone', plugin: row.plugin }
    }
    const user =
      row.user_id === null ? undefined : tx.get<User>('select name, deleted_at from user where id = ?', row.user_id)
    if (user && user.deleted_at !== null) return { outcome: 'user-gone', user: user.name }
    addTotal(tx, 'task', row.status, 1)
    tx.run('update task set deleted_at = null, revision = revision + 1 where id = ?', task)
    writeAudit(tx, { now, actor, action: 'task.restored', subject: task, details: { name: row.name } })
    changes.noteTask(task)
    return { outcome: 'restored', touched: changes.flush() }
  },
}

interface User {
  readonly name: string
  readonly deleted_at: number | null
}
