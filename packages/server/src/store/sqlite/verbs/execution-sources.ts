import type { ExecutionStateName } from '@octopus/protocol/work.ts'

import type { ExecutionFilter } from '#executions/execution-store.ts'

import { type Condition, madeBetween } from './list.ts'

/** Where the rows of a list come from: one index, which is named so that the choice never depends on guesses. */
export interface Source {
  readonly index: string
  readonly key: readonly ['e.id'] | readonly ['e.slot_kind', 'e.slot_value']
  readonly direction: 'asc' | 'desc'
  readonly conditions: readonly Condition[]
}

/** The filter as a source knows it: the user is resolved to a slot or to clients before. */
export type SourceFilter = Omit<ExecutionFilter, 'user'> & { readonly slotUser?: string }

/** As the partial indexes have them, word for word: SQLite uses such an index only where its text is met. */
const TROUBLE: readonly ExecutionStateName[] = ['failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped']
const IN_TROUBLE = `e.state in (${TROUBLE.map((state) => `'${state}'`).join(', ')})`
const AT_CLIENT: readonly ExecutionStateName[] = ['assigned', 'running', 'disconnected']
const IS_AT_CLIENT = `e.state in (${AT_CLIENT.map((state) => `'${state}'`).join(', ')})`

/**
 * Picks the index whose rows fit best. Every common filter is served by one in its order; what is left to look at row by
 * row is a run, the open executions of a task or a client, or what succeeded, which mostly fits.
 */
export function sourceOf(filter: SourceFilter): Source {
  const { run, task, client, state, digest, slotUser } = filter
  const newest = { key: ['e.id'], direction: 'desc' } as const
  const span = madeBetween({ id: 'e.id', column: 'e.queued_at' }, filter)
  const [byIndex, byRow] = [span.filter(({ unindexed }) => !unindexed), span.filter(({ unindexed }) => unindexed)]
  const rest = (...used: (keyof SourceFilter)[]): readonly Condition[] => [
    ...(used.includes('run') ? [] : [row('e.run_id = ?', run)]),
    ...(used.includes('task') ? [] : [row('e.task_id = ?', task)]),
    ...(used.includes('client') ? [] : [row('e.client_id = ?', client)]),
    ...(used.includes('state') ? [] : [row('e.state = ?', state)]),
    ...byRow,
  ]
  const isTrouble = state !== undefined && TROUBLE.includes(state)
  const isAtClient = state !== undefined && AT_CLIENT.includes(state)

  if (run !== undefined && digest !== undefined) {
    const keys = [is('e.run_id = ?', run), is('e.digest = ?', digest), text('e.digest is not null'), ...byIndex]
    return { index: 'execution_by_digest', ...newest, conditions: [...keys, ...rest('run')] }
  }
  if (run !== undefined) {
    // In the order of the slots, which a unique index has already.
    const conditions = [is('e.run_id = ?', run), ...rest('run')]
    const key = ['e.slot_kind', 'e.slot_value'] as const
    return { index: 'sqlite_autoindex_execution_2', key, direction: 'asc', conditions }
  }
  if (slotUser !== undefined) {
    const keys = [text(`e.slot_kind = 'user'`), is('e.slot_value = ?', slotUser), ...byIndex]
    return { index: 'execution_by_user', ...newest, conditions: [...keys, ...rest()] }
  }
  if (client !== undefined && isTrouble) {
    const keys = [is('e.client_id = ?', client), is('e.state = ?', state), text(IN_TROUBLE), ...byIndex]
    return { index: 'execution_trouble_by_client', ...newest, conditions: [...keys, ...rest('client', 'state')] }
  }
  if (client !== undefined && isAtClient) {
    const keys = [is('e.client_id = ?', client), text(IS_AT_CLIENT)]
    return { index: 'execution_at_client', ...newest, conditions: [...keys, ...byIndex, ...rest('client')] }
  }
  if (client !== undefined) {
    const keys = [is('e.client_id = ?', client), ...byIndex]
    return { index: 'execution_by_client', ...newest, conditions: [...keys, ...rest('client')] }
  }
  if (task !== undefined && isTrouble) {
    const keys = [is('e.task_id = ?', task), is('e.state = ?', state), text(IN_TROUBLE), ...byIndex]
    return { index: 'execution_trouble_by_task', ...newest, conditions: [...keys, ...rest('task', 'state')] }
  }
  if (task !== undefined && state !== undefined && state !== 'succeeded') {
    const keys = [is('e.task_id = ?', task), text('e.ends_at_latest is not null')]
    return { index: 'execution_open_slot', ...newest, conditions: [...keys, ...rest('task')] }
  }
  if (task !== undefined) {
    const keys = [is('e.task_id = ?', task), ...byIndex]
    return { index: 'execution_by_task', ...newest, conditions: [...keys, ...rest('task')] }
  }
  if (state !== undefined) {
    const keys = [is('e.state = ?', state), ...byIndex]
    return { index: 'execution_by_state', ...newest, conditions: [...keys, ...rest('state')] }
  }
  return { index: 'sqlite_autoindex_execution_1', ...newest, conditions: [...byIndex, ...rest()] }
}

const is = (sql: string, value: string | undefined): Condition => ({ sql, value })
const row = (sql: string, value: string | undefined): Condition => ({ sql, value, unindexed: true })
const text = (sql: string): Condition => ({ sql, value: 1, constant: true })
