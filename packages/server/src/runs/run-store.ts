import type { EpochMs } from '@octopus/kit/clock.ts'
import type { ExecutionId, RunId, TaskId } from '@octopus/protocol/ids.ts'
import type { Counts } from '@octopus/protocol/rest/tasks.ts'
import type { Outcome, RunStatus } from '@octopus/protocol/work.ts'

import type { CancelRequest, Touched } from '#executions/execution-store.ts'
import type { DueTask, PlannedTask } from '#planning/plan.ts'
import type { Actor, Page, PageRequest } from '#store/page.ts'

/** One occurrence of a task, as it is stored. */
export interface RunRecord {
  readonly id: RunId
  readonly taskId: TaskId
  readonly taskName: string
  readonly plugin: string
  readonly action: string
  readonly occurrence: string
  readonly dueAt: EpochMs
  readonly cause: {
    readonly kind: 'schedule' | 'catch-up' | 'manual' | 'retry'
    readonly by: string | null
    readonly of: string | null
  }
  readonly status: RunStatus
  readonly outcome: Outcome | null
  readonly note: string | null
  /** A source that was tried out on one client. */
  readonly try: boolean
  readonly audienceSize: number
  readonly counts: Counts
  readonly cancelRequestedAt: EpochMs | null
  readonly createdAt: EpochMs
  readonly endedAt: EpochMs | null
}

export interface RunFilter {
  readonly task?: TaskId | undefined
  readonly status?: RunStatus | undefined
  readonly outcome?: Outcome | undefined
  /** When it came to be: from then on, and before that. */
  readonly from?: EpochMs | undefined
  readonly to?: EpochMs | undefined
}

/** What came of writing executions: `requests` are those that `overlap: cancel-previous` asks to end. */
interface Written {
  readonly requests: readonly CancelRequest[]
  readonly touched: Touched
}

export type RetryOutcome =
  | { readonly outcome: 'created'; readonly run: RunId; readonly touched: Touched }
  /** Everything succeeded, or has not ended yet, or is for nobody who could still do it. */
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'plugin-gone'; readonly plugin: string }

export interface RunStore {
  /** The wall clock may have been set back: what was ordered for at once, and has no run yet, is due by now. */
  hastenOrders(input: { readonly now: EpochMs }): Promise<void>
  /** Tasks that are due at `now`, oldest first, and when the next one is; nothing while all work is stopped. */
  readDue(input: { readonly now: EpochMs; readonly limit: number }): Promise<{
    readonly due: readonly DueTask[]
    readonly nextAt: EpochMs | null
    /** Some run's audience is not fully written yet. */
    readonly unwritten: boolean
    /** When all work was resumed after it had been stopped: what was due before is not made up for. */
    readonly resumedAt: EpochMs
  }>
  /**
   * Makes the runs of each planned task whose premises still hold: run, frozen audience, first slice of executions and
   * the advance of the due time are one transaction. What did not hold is named and planned again.
   */
  commitPlan(input: {
    readonly now: EpochMs
    readonly tasks: readonly PlannedTask[]
  }): Promise<Written & { readonly stale: readonly TaskId[] }>
  /** Writes the next slice of executions of runs whose audience is not fully written yet; `more` says that there is more. */
  writeSlice(input: { readonly now: EpochMs }): Promise<Written & { readonly more: boolean }>
  /**
   * A new run, of cause `retry`, for the slots of a run that did not succeed; or for the slot of one execution of it
   * that is final.
   */
  retryRun(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly run: RunId
    readonly execution: ExecutionId | null
  }): Promise<RetryOutcome>
  readRun(input: { readonly id: RunId }): Promise<RunRecord | null>
  /** Newest first. */
  listRuns(input: PageRequest & { readonly filter: RunFilter }): Promise<Page<RunRecord>>
}
