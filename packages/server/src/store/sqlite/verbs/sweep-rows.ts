import type { RunId, TaskId } from '@octopus/protocol/ids.ts'

import type { Tx } from '#store/sqlite/tx.ts'

/** Deletes a run's executions, at most so many, and the run itself when none is left. */
export function deleteRun(tx: Tx, run: RunId, limit: number): { readonly rows: number; readonly all: boolean } {
  const rows = tx.all<{ id: string }>('select id from execution where run_id = ? limit ?', run, limit)
  let deleted = 0
  for (const { id } of rows) {
    deleted += tx.run('delete from late_result where execution_id = ?', id)
    deleted += tx.run('delete from attempt where execution_id = ?', id)
    deleted += tx.run('delete from execution where id = ?', id)
  }
  if (rows.length >= limit) return { rows: deleted, all: false }
  return { rows: deleted + tx.run('delete from run where id = ?', run), all: true }
}

/** Deletes a task that has completed and of which no run is left; answers how many rows went. */
export function deleteTaskRow(tx: Tx, task: TaskId): number {
  const gone = tx.run(
    `delete from task where id = ? and status = 'completed'
      and not exists (select 1 from run where task_id = task.id)`,
    task,
  )
  if (gone > 0) tx.run(`update total set value = value - 1 where kind = 'task' and word = 'completed'`)
  return gone
}
