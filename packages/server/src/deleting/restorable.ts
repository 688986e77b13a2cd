import type { EpochMs } from '@octopus/kit/clock.ts'
import { RESTORE_DAYS } from '@octopus/protocol/limits.ts'

const DAY_MS = 86_400_000

/** What was deleted before this time is gone: nobody can restore it, and the retention may take its row away. */
export function restorableSince(now: EpochMs): EpochMs {
  return now - RESTORE_DAYS * DAY_MS
}
