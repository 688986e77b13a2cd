import type { EpochMs } from '@octopus/kit/clock.ts'

/** A sequence of instants without beginning and end. */
export interface Beat {
  /** The first one strictly after `after`; null if there is none any more. */
  next(after: EpochMs): EpochMs | null
  /** How many there are in [from, before), without going through all of them. */
  count(from: EpochMs, before: EpochMs): number
}
