import { present } from '@octopus/kit/assert.ts'
import type { EpochMs } from '@octopus/kit/clock.ts'
import { CATCH_UP_RUNS_MAX } from '@octopus/protocol/limits.ts'
import type { MissedReason } from '@octopus/protocol/rest/tasks.ts'
import type { CatchUp } from '@octopus/protocol/work.ts'

import type { Occurrences } from '#schedules/schedule.ts'
import type { Missed } from '#tasks/task.ts'

const MADE_UP_FOR: Readonly<Record<CatchUp, number>> = { none: 0, last: 1, all: CATCH_UP_RUNS_MAX }

export interface CaughtUp {
  /** Missed occurrences that get a run after all, oldest first. */
  readonly times: readonly EpochMs[]
  /** Those that get none. */
  readonly missed: readonly Missed[]
  /** The first occurrence that was not missed; null if there is none. */
  readonly dueAgain: EpochMs | null
}

/**
 * Pure: what becomes of occurrences that were due while nobody planned (invariant S6). After an outage `none` makes no
 * run, `last` the newest, `all` the newest hundred; what was due while all work was stopped is not made up for.
 */
export function catchUp(
  task: { readonly nextRunAt: EpochMs; readonly catchUp: CatchUp },
  occurrences: Occurrences,
  { upSince, resumedAt }: { readonly upSince: EpochMs; readonly resumedAt: EpochMs },
): CaughtUp {
  const missed: Missed[] = []
  const note = (from: EpochMs, before: EpochMs, reason: MissedReason): void => {
    const count = occurrences.count(from, before)
    if (count === 0) return
    const to = present(occurrences.last(from, before, 1)[0], 'the last of those that were missed')
    missed.push({ from: present(occurrences.next(from - 1), 'the first of them'), to, count, reason })
  }
  note(task.nextRunAt, resumedAt, 'work-stopped')
  const from = Math.max(task.nextRunAt, resumedAt)
  const times = occurrences.last(from, upSince, MADE_UP_FOR[task.catchUp])
  note(from, times[0] ?? upSince, 'outage')
  return { times, missed, dueAgain: occurrences.next(Math.max(from, upSince) - 1) }
}
