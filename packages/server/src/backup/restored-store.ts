import type { EpochMs } from '@octopus/kit/clock.ts'

/** What makes an older state of the store safe to go on with. Called by `octopus restore` only, on nobody else's store. */
export interface RestoredStore {
  /**
   * Raises the fence beyond all that the lost time can have used, ends every session of clients and browsers, and says
   * so in the audit trail. `replacedFence` is the highest that the store knows which is replaced.
   */
  beginAfterRestore(input: {
    readonly now: EpochMs
    readonly madeAt: EpochMs
    readonly replacedFence: number
  }): Promise<{ readonly fence: number }>
  /**
   * Makes executions that are not final `lost` (`restored`), at most so many, and takes the rest of audiences that were
   * not written yet out of their runs. Answers how many it ended; 0: nothing is open.
   */
  endRestored(input: { readonly now: EpochMs; readonly limit: number }): Promise<number>
  /** Due times that passed until now are not caught up: `next` of each such task; ends those that have none. */
  readPassed(input: { readonly now: EpochMs; readonly limit: number }): Promise<readonly PassedTask[]>
  skipPassed(input: {
    readonly now: EpochMs
    readonly tasks: readonly { readonly task: string; readonly nextRunAt: EpochMs | null }[]
  }): Promise<void>
}

export interface PassedTask {
  readonly id: string
  readonly startAt: EpochMs | null
  readonly endAt: EpochMs | null
  readonly intervalMs: number | null
  readonly cron: string | null
  readonly timeZone: string | null
}
