import type { EpochMs } from '@octopus/kit/clock.ts'
import type { RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { Owner, TaskStatus, TaskType } from '@octopus/protocol/work.ts'

import type { Touched } from '#executions/execution-store.ts'
import type { Actor, Page, PageRequest } from '#store/page.ts'

import type { TaskDefinition, TaskRecord } from './task.ts'

export interface TaskFilter {
  /** The deleted ones instead of the others. */
  readonly deleted?: boolean | undefined
  readonly status?: TaskStatus | undefined
  readonly plugin?: string | undefined
  readonly owner?: Owner | undefined
  readonly type?: TaskType | undefined
}

export type CreateTaskOutcome =
  | { readonly outcome: 'created'; readonly task: TaskRecord }
  | { readonly outcome: 'plugin-gone' }
  | { readonly outcome: 'user-gone' }
  | { readonly outcome: 'too-many-schedules' }

export interface TaskStore {
  /** Stores a task as `created`, due at `nextRunAt`. The plugin and the user are looked up in the same transaction. */
  createTask(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly definition: TaskDefinition
    readonly nextRunAt: EpochMs
  }): Promise<CreateTaskOutcome>
  /** A run at once, whatever the schedule says; makes a completed task active again. Null: no such task. */
  runTask(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly task: TaskId
    readonly argsJson: string | null
    readonly kwargsJson: string | null
  }): Promise<{ readonly run: RunId; readonly touched: Touched } | null>
  /** No further occurrences. Null: no such task. */
  endTask(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly task: TaskId
  }): Promise<{ readonly changed: boolean; readonly touched: Touched } | null>
  readTask(input: { readonly id: TaskId }): Promise<TaskRecord | null>
  /** Newest first. */
  listTasks(input: PageRequest & { readonly filter: TaskFilter }): Promise<Page<TaskRecord>>
}
