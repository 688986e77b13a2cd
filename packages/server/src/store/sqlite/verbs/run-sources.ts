import type { RunFilter } from '#runs/run-store.ts'

import { type Condition, madeBetween } from './list.ts'

/** As the partial index has it, word for word. */
const TROUBLE = ['partly-failed', 'failed', 'cancelled', 'expired', 'skipped'] as const
const IN_TROUBLE = `r.outcome in (${TROUBLE.map((outcome) => `'${outcome}'`).join(', ')})`

/** The one index from which the rows of a list of runs come, newest first, and what is looked at row by row. */
export function runSource({ task, status, outcome, from, to }: RunFilter): {
  readonly index: string
  readonly conditions: readonly Condition[]
} {
  const span = madeBetween({ id: 'r.id', column: 'r.created_at' }, { from, to })
  const [byIndex, byRow] = [span.filter(({ unindexed }) => !unindexed), span.filter(({ unindexed }) => unindexed)]
  const is = (sql: string, value: string | undefined): Condition => ({ sql, value })
  const row = (sql: string, value: string | undefined): Condition => ({ sql, value, unindexed: true })
  const text = (sql: string): Condition => ({ sql, value: 1, constant: true })
  const [byTask, byStatus, byOutcome] = ['r.task_id = ?', 'r.status = ?', 'r.outcome = ?'] as const
  const rest = [row(byStatus, status), ...byRow]

  if (task !== undefined && outcome !== undefined && (TROUBLE as readonly string[]).includes(outcome)) {
    const keys = [is(byTask, task), is(byOutcome, outcome), text(IN_TROUBLE), ...byIndex]
    return { index: 'run_trouble_by_task', conditions: [...keys, ...rest] }
  }
  // Few runs are active at a time, whatever else is asked of them.
  if (status === 'active') {
    const keys = [is(byStatus, status), ...byIndex]
    return { index: 'run_by_status', conditions: [...keys, row(byTask, task), row(byOutcome, outcome), ...byRow] }
  }
  if (task !== undefined) {
    return { index: 'run_by_task', conditions: [is(byTask, task), ...byIndex, row(byOutcome, outcome), ...rest] }
  }
  if (outcome !== undefined) {
    const keys = [is(byOutcome, outcome), text('r.outcome is not null'), ...byIndex]
    return { index: 'run_by_outcome', conditions: [...keys, ...rest] }
  }
  if (status !== undefined) return { index: 'run_by_status', conditions: [is(byStatus, status), ...byIndex, ...byRow] }
  return { index: 'sqlite_autoindex_run_1', conditions: [...byIndex, ...byRow] }
}
