import type { EpochMs } from '@octopus/kit/clock.ts'

/** More hand-overs than any lost time can have made: a thousand a second for fifty days. */
const FENCES_SKIPPED = 2 ** 32

/** More than a server hands over in a millisecond, so that of two restores the later one always begins higher. */
const FENCES_PER_MS = 1_024

/** The clock reaches it in 2112; a clock that is wrong by more must not use up what is left below 2^53. */
const FLOOR_MAX = 2 ** 52

/**
 * Pure: the fence of a restored store, above all that its clients can have seen. Backup and what it replaces do not say
 * it all: the same backup may be restored again, on another machine, and each time the time after it is lost. The clock
 * tells such times apart; it alone would not do where it was set back.
 */
export function fenceAfterRestore(seen: {
  readonly now: EpochMs
  /** The highest that the backup knows. */
  readonly backup: number
  /** The highest that the store which it replaces knows; 0: there is none. */
  readonly replaced: number
}): number {
  const floor = Math.min(Math.max(0, seen.now) * FENCES_PER_MS, FLOOR_MAX)
  return Math.max(seen.backup, seen.replaced, floor) + FENCES_SKIPPED
}
