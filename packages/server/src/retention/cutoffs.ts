import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { Retention } from '@octopus/protocol/rest/settings.ts'

import { restorableSince } from '#deleting/restorable.ts'

const DAY_MS: Ms = 86_400_000

/** Tokens and links that have ended are shown as such for a while, so that people find out why something stopped. */
const CREDENTIALS_MS: Ms = 30 * DAY_MS

/** Before which instant what goes. */
export interface Cutoffs {
  readonly runs: EpochMs
  readonly output: EpochMs
  readonly audit: EpochMs
  readonly deleted: EpochMs
  readonly credentials: EpochMs
}

/** Pure: what is old now, in whole days of UTC. Output never outlives its execution. */
export function cutoffsAt(now: EpochMs, keep: Retention): Cutoffs {
  const today = now - (now % DAY_MS)
  const runs = today - keep.executionsDays * DAY_MS
  return {
    runs,
    output: Math.max(runs, today - keep.outputDays * DAY_MS),
    audit: today - keep.auditDays * DAY_MS,
    deleted: restorableSince(now),
    credentials: now - CREDENTIALS_MS,
  }
}

/** A server that comes back after at most so long was off; more may be a clock that was set wrong. */
const OFF_MS: Ms = 7 * DAY_MS
/** So many times as fast as it runs, a server makes up for what it doubts. It may sleep for most of each day. */
const CATCH_UP = 4

/**
 * Pure: the time that the next sweep may believe. A clock that is wrong by months would delete all history, and there is
 * no way back: so this follows the wall clock at once only as far as the server ran, or could have been off, since `last`.
 */
export function sweepTime(facts: {
  readonly wall: EpochMs
  /** What was believed last; null: nothing was swept yet. */
  readonly last: EpochMs | null
  /** How long the server has run since then; null: it has started since. */
  readonly ranMs: Ms | null
}): EpochMs {
  const { wall, last, ranMs } = facts
  if (last === null) return wall
  return Math.min(wall, last + (ranMs === null ? OFF_MS : CATCH_UP * ranMs))
}

/** A slice that takes longer makes others wait; one that takes less wastes commits. */
const SLICE_MS_AIM: Ms = 15
const ROWS_MIN = 20
const ROWS_MAX = 1_000
export const ROWS_FIRST = 100

/** Pure: the size of the next slice after one of this size that took so long, waiting for its turn included. */
export function nextRows(rows: number, tookMs: Ms): number {
  const factor = tookMs <= 0 ? 2 : Math.min(2, Math.max(0.25, SLICE_MS_AIM / tookMs))
  return Math.min(ROWS_MAX, Math.max(ROWS_MIN, Math.floor(rows * factor)))
}
