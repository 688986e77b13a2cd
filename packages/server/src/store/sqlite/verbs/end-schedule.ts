import type { TaskId } from '@octopus/protocol/ids.ts'
import type { Outcome } from '@octopus/protocol/work.ts'

import type { Tx } from '#store/sqlite/tx.ts'

import type { Changes } from './changes.ts'

/**
 * No further occurrence; the task completes with its last open run. One that never ran gets `neverRan` as its outcome:
 * nothing was done, and no run will ever say so.
 */
export function endSchedule(tx: Tx, changes: Changes, task: TaskId, neverRan: Outcome | null = null): void {
  if (neverRan !== null) tx.run('update task set outcome = ? where id = ? and last_run is null', neverRan, task)
  tx.run('update task set next_run_at = null, paused_at = null, revision = revision + 1 where id = ?', task)
  changes.noteTask(task)
}
