import type { RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { ExecutionStateName, TaskStatus } from '@octopus/protocol/work.ts'

import { countColumn } from '#runs/run.ts'
import type { Tx } from '#store/sqlite/tx.ts'

import { addTotal } from './totals.ts'

/**
 * Deletes a run's executions with what hangs on them, at most so many, and the run itself when none is left. Counters
 * count what is there.
 */
export function deleteRun(tx: Tx, run: RunId, limit: number): { readonly rows: number; readonly all: boolean } {
  const rows = tx.all<{ id: string; state: ExecutionStateName }>(
    'select id, state from execution where run_id = ? limit ?',
    run,
    limit,
  )
  let deleted = 0
  for (const { id } of rows) {
    deleted += tx.run('delete from late_result where execution_id = ?', id)
    deleted += tx.run('delete from attempt where execution_id = ?', id)
    deleted += tx.run('delete from execution where id = ?', id)
  }
  for (const [state, of] of Map.groupBy(rows, (row) => row.state)) countDown(tx, run, state, of.length)
  if (rows.length >= limit) return { rows: deleted, all: false }
  return { rows: deleted + tx.run('delete from run where id = ?', run), all: true }
}

/** The same number goes from the run, its task and the overview, so that sums stay sums and lists know their length. */
function countDown(tx: Tx, run: RunId, state: ExecutionStateName, count: number): void {
  // A closed set of words, none of them anybody's text.
  const column = countColumn(state)
  const moves = `total = total - ?, ${column} = ${column} - ?`
  tx.run(`update run set ${moves} where id = ?`, count, count, run)
  tx.run(`update task set ${moves} where id = (select task_id from run where id = ?)`, count, count, run)
  tx.run(`update total set value = value - ? where kind = 'execution' and word = ?`, count, state)
}

/**
 * Deletes a task of which no run is left, and that has completed or was deleted by somebody; answers how many rows
 * went. What was deleted, and what was a try, the overview does not count any more.
 */
export function deleteTaskRow(tx: Tx, task: TaskId): number {
  const gone = tx.get<{ status: TaskStatus; counted: 0 | 1 }>(
    `delete from task where id = ? and (status = 'completed' or deleted_at is not null)
      and not exists (select 1 from run where task_id = task.id)
      returning status, deleted_at is null and try_client is null as counted`,
    task,
  )
  if (!gone) return 0
  if (gone.counted === 1) addTotal(tx, 'task', gone.status, -1)
  return 1
}
