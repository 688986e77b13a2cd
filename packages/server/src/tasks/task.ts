import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { RunId, TaskId, UserId } from '@octopus/protocol/ids.ts'
import { DEADLINE_SECONDS_DEFAULT, DEADLINE_SECONDS_SCHEDULED_MIN } from '@octopus/protocol/limits.ts'
import type { Counts, MissedReason } from '@octopus/protocol/rest/tasks.ts'
import type { CatchUp, OnDisconnect, Outcome, Overlap, Owner, TaskStatus, TaskType } from '@octopus/protocol/work.ts'

import type { RetryPolicy } from '#executions/retry.ts'
import type { Schedule } from '#schedules/schedule.ts'

/** Occurrences that got no run, next to each other. */
export interface Missed {
  /** The due times of the first and of the last. */
  readonly from: EpochMs
  readonly to: EpochMs
  readonly count: number
  readonly reason: MissedReason
}

/** What a person defines: what shall be done, by whom, when. */
export interface TaskDefinition extends Schedule {
  readonly name: string
  readonly plugin: string
  readonly action: string
  /** JSON text as it arrived. */
  readonly argsJson: string
  readonly kwargsJson: string
  readonly owner: Owner
  readonly userId: UserId | null
  readonly type: TaskType
  readonly catchUp: CatchUp
  readonly overlap: Overlap
  readonly timeoutMs: Ms
  /** Null: the default of the type. */
  readonly deadlineMs: Ms | null
  readonly onDisconnect: OnDisconnect
  readonly retry: RetryPolicy
  readonly priority: number
}

/** A task as it is stored. */
export interface TaskRecord extends TaskDefinition {
  readonly id: TaskId
  readonly userName: string | null
  readonly status: TaskStatus
  readonly outcome: Outcome | null
  readonly pausedAt: EpochMs | null
  readonly nextRunAt: EpochMs | null
  /** Occurrences that got no run: how many ever, and the newest gap. */
  readonly missed: { readonly count: number; readonly last: Missed | null }
  readonly counts: Counts
  readonly lastRun: RunId | null
  readonly revision: number
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly deletedAt: EpochMs | null
}

const SECOND: Ms = 1_000

/**
 * The latest start of an execution that is due at `dueAt` in a run created at `createdAt` (design 4): one day, and for
 * a repeating task until its next occurrence, but at least a minute and at most a day. Runs that make up for something
 * have a day: nothing else is known of them.
 */
export function deadlineOf(
  task: Pick<TaskDefinition, 'deadlineMs'>,
  times: {
    readonly dueAt: EpochMs
    readonly createdAt: EpochMs
    /** The occurrence after this one; null: there is none, or it does not matter. */
    readonly nextAt: EpochMs | null
  },
): EpochMs {
  const from = Math.max(times.dueAt, times.createdAt)
  const day = DEADLINE_SECONDS_DEFAULT * SECOND
  if (task.deadlineMs !== null) return from + task.deadlineMs
  if (times.nextAt === null) return from + day
  return from + Math.min(day, Math.max(times.nextAt - times.dueAt, DEADLINE_SECONDS_SCHEDULED_MIN * SECOND))
}
