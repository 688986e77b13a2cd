import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import type { Beat } from './beat.ts'
import { cronBeat } from './calendar.ts'

/** When a task repeats: by an interval or by a cron pattern, one of the two; neither for an ad-hoc task. */
export interface Schedule {
  readonly startAt: EpochMs | null
  readonly endAt: EpochMs | null
  readonly intervalMs: Ms | null
  /** Instead of an interval: times of the calendar, on the clocks of `timeZone`. */
  readonly cron: string | null
  readonly timeZone: string | null
}

/** The due times of a schedule: `startAt` is included, `endAt` is not. */
export interface Occurrences extends Beat {
  /** The newest ones in [from, before), at most `atMost`, oldest first. */
  last(from: EpochMs, before: EpochMs, atMost: number): readonly EpochMs[]
}

/** Pure: when a schedule is due. The k-th occurrence of an interval is at `startAt` + k × interval, so nothing drifts. */
export function occurrencesOf(schedule: Schedule): Occurrences {
  const { startAt, intervalMs, cron, timeZone } = schedule
  const beginsAt = startAt ?? 0
  const endsAt = schedule.endAt ?? Infinity
  const beat =
    intervalMs !== null ? intervalBeat(beginsAt, intervalMs) : cron !== null ? cronBeat(cron, timeZone ?? 'UTC') : NEVER
  const next = (after: EpochMs): EpochMs | null => {
    const at = beat.next(Math.max(after, beginsAt - 1))
    return at !== null && at < endsAt ? at : null
  }
  const count = (from: EpochMs, before: EpochMs): number => {
    const [first, end] = [Math.max(from, beginsAt), Math.min(before, endsAt)]
    return first < end ? beat.count(first, end) : 0
  }
  return { next, count, last: (from, before, atMost) => newest({ next, count }, [from, before], atMost) }
}

const NEVER: Beat = { next: () => null, count: () => 0 }

function intervalBeat(startAt: EpochMs, intervalMs: Ms): Beat {
  /** The number of the first one that is not before `at`. */
  const indexFrom = (at: EpochMs): number => Math.ceil((at - startAt) / intervalMs)
  return {
    next: (after) => startAt + indexFrom(after + 1) * intervalMs,
    count: (from, before) => indexFrom(before) - indexFrom(from),
  }
}

/** Where nothing is known of how they are spread, the search for the newest ones begins with so much time for each. */
const FIRST_LOOK_MS: Ms = 60_000

function newest(beat: Beat, range: readonly [EpochMs, EpochMs], atMost: number): readonly EpochMs[] {
  const [from, before] = range
  if (atMost === 0) return []
  // A window that ends at `before` and holds enough of them, but not many more: those are looked at one by one.
  let tooLate = before
  let start = Math.max(from, before - atMost * FIRST_LOOK_MS)
  while (start > from && beat.count(start, before) < atMost) {
    tooLate = start
    start = Math.max(from, before - 2 * (before - start))
  }
  while (tooLate - start > FIRST_LOOK_MS && beat.count(start, before) > 2 * atMost) {
    const middle = Math.floor((start + tooLate) / 2)
    if (beat.count(middle, before) < atMost) tooLate = middle
    else start = middle
  }
  const found: EpochMs[] = []
  for (let at = beat.next(start - 1); at !== null && at < before; at = beat.next(at)) found.push(at)
  return found.slice(-atMost)
}
