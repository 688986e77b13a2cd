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

/** Until when nobody planned, and why; what was due before is not simply late. */
export interface Unplanned {
  /** The server has been watching without a gap since then. */
  readonly upSince: EpochMs
  /** The disk has had room for new runs since then; 0 if it always had. */
  readonly roomSince: EpochMs
  /** All work was resumed then; 0 if it never was stopped. */
  readonly resumedAt: EpochMs
}

/**
 * Pure: what becomes of occurrences that were due while nobody planned (invariant S6). After an outage, or when a full
 * disk has room again, `none` makes no run, `last` the newest, `all` the newest hundred: all of a backlog at once would
 * fill the disk anew. What was due while all work was stopped is not made up for.
 */
export function catchUp(
  task: { readonly nextRunAt: EpochMs; readonly catchUp: CatchUp },
  occurrences: Occurrences,
  { upSince, roomSince, resumedAt }: Unplanned,
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
  const until = Math.max(upSince, roomSince)
  const times = occurrences.last(from, until, MADE_UP_FOR[task.catchUp])
  const madeUpFrom = times[0] ?? until
  note(from, Math.min(upSince, madeUpFrom), 'outage')
  note(Math.max(from, upSince), madeUpFrom, 'disk-full')
  return { times, missed, dueAgain: occurrences.next(Math.max(from, until) - 1) }
}
