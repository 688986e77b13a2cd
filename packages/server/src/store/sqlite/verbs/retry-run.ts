import { present } from '@octopus/kit/assert.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'

import type { RunStore } from '#runs/run-store.ts'
import { writeAudit } from '#store/sqlite/audit.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'
import { deadlineOf } from '#tasks/task.ts'

import { Changes } from './changes.ts'
import { createRun, newRunWork, RUNNING_TASK_COLUMNS, type RunningTask, SLOT_OF_OWNER } from './create-run.ts'

interface RetriedRun {
  readonly task_id: TaskId
  readonly plugin: string
  readonly action: string
  readonly args_json: string
  readonly kwargs_json: string
}

interface RetriedTask extends RunningTask {
  readonly deadline_ms: number | null
}

type RetryInput = Parameters<RunStore['retryRun']>[0]

export const retryVerbs: VerbsOf<Pick<RunStore, 'retryRun'>> = {
  retryRun: (tx, input) => {
    const { now, actor, run: of } = input
    const run = tx.get<RetriedRun>(
      `select r.task_id, r.plugin, r.action, r.args_json, r.kwargs_json from run r join task t on t.id = r.task_id
        where r.id = ? and r.try_client is null and t.deleted_at is null`,
      of,
    )
    if (!run) return { outcome: 'nothing' }
    const task = present(
      tx.get<RetriedTask>(`select ${RUNNING_TASK_COLUMNS}, deadline_ms from task where id = ?`, run.task_id),
      'the task of a run',
    )
    if (!tx.get('select 1 from plugin where name = ? and deleted_at is null', run.plugin)) {
      return { outcome: 'plugin-gone', plugin: run.plugin }
    }
    const slots = slotsToRetry(tx, input, task)
    if (slots.length === 0) return { outcome: 'nothing' }
    const changes = new Changes(tx, now)
    const deadlineAt = deadlineOf({ deadlineMs: task.deadline_ms }, { dueAt: now, createdAt: now, nextAt: null })
    const made = createRun(
      tx,
      changes,
      { now, work: newRunWork() },
      {
        // What was asked for then, even if the task calls something else by now: arguments fit what they were given to.
        task: {
          ...task,
          plugin: run.plugin,
          action: run.action,
          args_json: run.args_json,
          kwargs_json: run.kwargs_json,
        },
        run: {
          planned: { occurrence: `retry:${tx.ids.next()}`, dueAt: now, deadlineAt, queues: true },
          cause: { kind: 'retry', by: actor.name, of },
          slots,
        },
      },
    )
    const id = present(made, 'the new run')
    const subject = input.execution ?? of
    const action = input.execution === null ? 'run.retry' : 'execution.retry'
    writeAudit(tx, { now, actor, action, subject, details: { run: id, executions: slots.length } })
    return { outcome: 'created', run: id, touched: changes.flush() }
  },
}

/**
 * The slots of what did not succeed; of one execution, its own, however it ended. A slot of another kind than the
 * task's owner has now, or of another user, belongs to nobody whom the task still means, and a PC that is shut out
 * never comes.
 */
function slotsToRetry(tx: Tx, { run, execution }: RetryInput, task: RetriedTask): readonly string[] {
  const rows = tx.all<{ slot_value: string }>(
    `select e.slot_value from execution e left join client c on e.slot_kind = 'client' and c.id = e.slot_value
      where e.run_id = ? and e.slot_kind = ? and (e.slot_kind <> 'user' or e.slot_value = ?)
        and (e.slot_kind <> 'client' or (c.status = 'approved' and c.deleted_at is null))
        and case when ? is null then e.state in ('failed', 'timed-out', 'lost', 'expired', 'cancelled')
          else e.id = ? and e.ends_at_latest is null end
      order by e.slot_value`,
    run,
    SLOT_OF_OWNER[task.owner],
    task.user_id,
    execution,
    execution,
  )
  return rows.map((row) => row.slot_value)
}
