import type { RunId, TaskId } from '@octopus/protocol/ids.ts'

import { fenceAfterRestore } from '#backup/fence-after-restore.ts'
import type { PassedTask, RestoredStore } from '#backup/restored-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { VerbsOf } from '#store/sqlite/tx.ts'

import { Changes } from './changes.ts'
import { highestFence } from './future-fence.ts'
import { readRevision, writeRevision } from './manifest.ts'
import { STATE_COLUMNS, type StateRow } from './rows.ts'

export const restoredVerbs: VerbsOf<RestoredStore> = {
  beginAfterRestore: (tx, { now, madeAt, replacedFence }) => {
    const fence = fenceAfterRestore({ now, backup: highestFence(tx), replaced: replacedFence })
    tx.run(
      `insert into counter (name, value) values ('fence', ?)
        on conflict (name) do update set value = excluded.value`,
      fence,
    )
    // A client may have a later list of plugins under the number that the next change here would get: none is ever the same.
    writeRevision(tx, Math.max(fence, readRevision(tx) + 1))
    tx.run('update client set session_id = null, session_began_at = null where session_id is not null')
    // Whoever signed out, or was signed out, since the backup would be signed in again.
    tx.run('delete from web_session')
    const actor = { kind: 'system', name: 'restore' } as const
    writeAudit(tx, { now, actor, action: 'store.restore', subject: 'store', details: { madeAt, fence } })
    return { fence }
  },

  endRestored: (tx, { now, limit }) => {
    const changes = new Changes(tx, now)
    const open = tx.all<StateRow>(
      `select ${STATE_COLUMNS} from execution where ends_at_latest is not null limit ?`,
      limit,
    )
    for (const row of open) changes.apply(row, { on: 'restored' })
    // Nobody may get what was not written when the backup was made: it was written, and done, since.
    const unwritten = tx.all<{ id: RunId; task_id: TaskId }>(
      `update run set audience_left = null, audience_size = rows_written
        where id in (select id from run where audience_left is not null limit ?) returning id, task_id`,
      limit,
    )
    for (const run of unwritten) changes.noteRun(run.id, run.task_id)
    changes.flush()
    return open.length + unwritten.length
  },

  readPassed: (tx, { now, limit }) =>
    tx.all<PassedTask>(
      `select id, start_at as startAt, end_at as endAt, interval_ms as intervalMs, cron, time_zone as timeZone
        from task where next_run_at <= ? order by id limit ?`,
      now,
      limit,
    ),

  skipPassed: (tx, { now, tasks }) => {
    const changes = new Changes(tx, now)
    for (const { task, nextRunAt } of tasks) {
      tx.run('update task set next_run_at = ? where id = ?', nextRunAt, task)
      if (nextRunAt !== null) continue
      tx.run(`update task set outcome = 'skipped' where id = ? and last_run is null`, task)
      changes.noteTask(task as TaskId)
    }
    changes.flush()
  },
}
