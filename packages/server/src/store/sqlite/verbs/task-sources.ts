import type { TaskFilter } from '#tasks/task-store.ts'

import type { Condition } from './list.ts'

export interface TaskSource {
  readonly index: string
  readonly key: readonly string[]
  readonly direction: 'asc' | 'desc'
  readonly conditions: readonly Condition[]
}

/** The one index from which the rows of a list of tasks come, and what is looked at row by row. */
export function taskSource(filter: TaskFilter): TaskSource {
  const newest = { key: ['t.id'], direction: 'desc' } as const
  const rest = others(filter)
  const without = (used: string): readonly Condition[] => rest.filter(({ sql }) => sql !== used)
  const { deleted, sort, plugin, owner, type, status } = filter
  if (deleted === true) {
    return { index: 'task_deleted', ...newest, conditions: [text('t.deleted_at is not null'), ...rest] }
  }
  if (sort === 'next-run') {
    // The nearest first; at the same time, the older one first. What is paused has no next run.
    const conditions = [text('t.next_run_at is not null'), text('t.paused_at is null'), ...rest]
    return { index: 'task_due', key: ['t.next_run_at', 't.id'], direction: 'asc', conditions }
  }
  // What is not completed is little, whatever else is asked; what is completed may be nearly everything.
  if (status !== undefined && (status !== 'completed' || (plugin ?? owner ?? type) === undefined)) {
    return {
      index: 'task_by_status',
      ...newest,
      conditions: [{ sql: BY_STATUS, value: status }, ...without(BY_STATUS)],
    }
  }
  if (plugin !== undefined) {
    return {
      index: 'task_by_plugin',
      ...newest,
      conditions: [{ sql: BY_PLUGIN, value: plugin }, ...without(BY_PLUGIN)],
    }
  }
  if (type === 'scheduled') {
    return { index: 'task_scheduled', ...newest, conditions: [text(`t.type = 'scheduled'`), ...rest] }
  }
  if (owner !== undefined) {
    return { index: 'task_by_owner', ...newest, conditions: [{ sql: BY_OWNER, value: owner }, ...without(BY_OWNER)] }
  }
  return { index: 'sqlite_autoindex_task_1', ...newest, conditions: rest }
}

const BY_STATUS = 't.status = ?'
const BY_PLUGIN = 't.plugin = ?'
const BY_OWNER = 't.owner = ?'

function others({ deleted, status, plugin, owner, type }: TaskFilter): readonly Condition[] {
  return [
    { ...text('t.try_client is null'), unindexed: true },
    ...(deleted === true ? [] : [{ ...text('t.deleted_at is null'), unindexed: true } as const]),
    { sql: BY_STATUS, value: status, unindexed: true },
    { sql: BY_PLUGIN, value: plugin, unindexed: true },
    { sql: BY_OWNER, value: owner, unindexed: true },
    { sql: 't.type = ?', value: type, unindexed: true },
  ]
}

function text(sql: string): Condition {
  return { sql, value: 1, constant: true }
}
