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
  /** `next-run`: those that have a next run and are not paused, the nearest first. */
  readonly sort?: 'newest' | 'next-run' | undefined
}

export type CreateTaskOutcome =
  | { readonly outcome: 'created'; readonly task: TaskRecord }
  | { readonly outcome: 'plugin-gone' }
  | { readonly outcome: 'user-gone' }
  | { readonly outcome: 'too-many-schedules' }

export type ChangeTaskOutcome =
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'stale'; readonly revision: number }
  | { readonly outcome: 'no-task' }
  | { readonly outcome: 'plugin-gone' }
  | { readonly outcome: 'user-gone' }

/** `ended`: no further run is planned, so there is nothing to pause. */
export type PauseTaskOutcome = 'paused' | 'was-paused' | 'ended' | 'no-task'

export interface TaskStore {
  /** Stores a task as `created`, due at `nextRunAt`. The plugin and the user are looked up in the same transaction. */
  createTask(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly definition: TaskDefinition
    readonly nextRunAt: EpochMs
    /** Repeating tasks there may be at most, with this one. */
    readonly schedulesMax?: number
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
  /**
   * Puts another definition in the place of the old one, if the task still has this revision. Runs that are made from
   * now on follow it; a plan that was made before is made again.
   */
  changeTask(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly task: TaskId
    readonly ifRevision: number
    readonly definition: TaskDefinition
    /** The next due time by the new schedule; undefined where the schedule is the old one. */
    readonly nextRunAt: EpochMs | undefined
    /** What was changed, for the audit trail. */
    readonly keys: readonly string[]
  }): Promise<ChangeTaskOutcome>
  /** Plans no further runs until the task is resumed. A task that is paused already is left as it is. */
  pauseTask(input: { readonly now: EpochMs; readonly actor: Actor; readonly task: TaskId }): Promise<PauseTaskOutcome>
  /** Plans again, from `nextRunAt` on, if the task is paused and has this revision; null: no time is left, it has ended. */
  resumeTask(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly task: TaskId
    readonly ifRevision: number
    readonly nextRunAt: EpochMs | null
  }): Promise<{ readonly outcome: 'resumed'; readonly touched: Touched } | { readonly outcome: 'stale' }>
  readTask(input: { readonly id: TaskId }): Promise<TaskRecord | null>
  /** Newest first. */
  listTasks(input: PageRequest & { readonly filter: TaskFilter }): Promise<Page<TaskRecord>>
}
