import type { EpochMs } from '@octopus/kit/clock.ts'

import type { TaskDefinition } from './task.ts'

/** Occurrences that passed while no server was up. */
export interface Missed {
  readonly from: EpochMs
  readonly count: number
}

type Schedule = Pick<TaskDefinition, 'startAt' | 'endAt' | 'intervalMs'>

/**
 * The first occurrence strictly after `after`, or null if there is none. The k-th occurrence of an interval is at
 * `startAt` + k × interval, so that nothing drifts; `startAt` is included, `endAt` excluded.
 */
export function nextAfter(schedule: Schedule, after: EpochMs): EpochMs | null {
  if (schedule.intervalMs === null || schedule.startAt === null) return null
  const k = Math.max(0, Math.floor((after - schedule.startAt) / schedule.intervalMs) + 1)
  const at = schedule.startAt + k * schedule.intervalMs
  return schedule.endAt !== null && at >= schedule.endAt ? null : at
}
