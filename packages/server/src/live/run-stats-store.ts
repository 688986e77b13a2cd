import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

export interface RunStatsStore {
  /** Runs that came to be in `[from, to)`, summed in buckets of `bucketMs` from counters of `grainMs`; empty ones are left out. */
  readRunStats(input: {
    readonly from: EpochMs
    readonly to: EpochMs
    readonly grainMs: Ms
    readonly bucketMs: Ms
  }): Promise<readonly { readonly at: EpochMs; readonly word: string; readonly runs: number }[]>
}
