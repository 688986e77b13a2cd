import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

/** One slice: a short transaction that goes on where the one before ended. */
export interface Slice {
  readonly now: EpochMs
  /** What ended, or was deleted, before this goes. */
  readonly before: EpochMs
  /** Where the slice before stopped, as it answered; null at first. */
  readonly after: string | null
  /** Rows at most. */
  readonly limit: number
}

export interface Swept {
  /** Rows that went. */
  readonly deleted: number
  /** Where the next slice begins; null: nothing old is left. */
  readonly after: string | null
}

/** Takes away what is old. Every verb is a slice, and may be repeated: what is gone is gone. */
export interface RetentionStore {
  /** The time that this sweep goes by, which is remembered: the wall clock's, as far as that can be believed. */
  takeSweepTime(input: { readonly wall: EpochMs; readonly ranMs: Ms | null }): Promise<EpochMs>
  /**
   * Completed runs with their executions and late results; then tasks that have completed and whose last run went.
   * Nothing of a run that is not completed, and never the last run of a task that has not ended: it says how it went.
   * Counters of tasks count what is there: they fall with what goes.
   */
  sweepRuns(slice: Slice): Promise<Swept>
  /** Tasks that have completed without ever having had a run: cancelled before it, or skipped. Not if they were deleted. */
  sweepTasks(slice: Slice): Promise<Swept>
  /** Entries of the audit trail. Moving the mark up to which they go is an entry itself. */
  sweepAudit(slice: Slice): Promise<Swept>
  /** Tasks, plugins, clients and users that were deleted, for good, as soon as nothing refers to them any more. */
  sweepDeleted(slice: Slice): Promise<Swept>
  /** Sessions, links and tokens that nobody can use any more. */
  sweepCredentials(slice: Slice): Promise<Swept>
  /** Counts of the past by time, and messages that were delivered or given up. */
  sweepStats(slice: Slice): Promise<Swept>
  /** Output to which nothing was added since. */
  sweepOutput(slice: Slice): Promise<Swept>
  /** Gives at most so many free pages of the file back to the disk. Answers how many are left. */
  giveBackSpace(input: { readonly pages: number }): Promise<number>
  giveBackOutputSpace(input: { readonly pages: number }): Promise<number>
}
