import type { EpochMs } from '@octopus/kit/clock.ts'
import { isoOf } from '@octopus/kit/instant.ts'
import { PREVIEW_TIMES_DEFAULT } from '@octopus/protocol/limits.ts'
import type { PreviewSchedule, SchedulePreview } from '@octopus/protocol/rest/tasks.ts'

import { instant, planFrom, readRepeat } from './check-schedule.ts'
import { readCron } from './cron.ts'
import { occurrencesOf } from './schedule.ts'
import { scheduleText } from './words.ts'
import { offsetAt, wallClock } from './zone.ts'

/** Pure: the next times of a schedule that nobody has made yet. What cannot be made is refused as it would be then. */
export function previewSchedule(wish: PreviewSchedule, now: EpochMs): SchedulePreview {
  const schedule = readRepeat(wish, instant('startAt', wish.startAt) ?? now)
  planFrom(schedule, now)
  const count = wish.count ?? PREVIEW_TIMES_DEFAULT
  const timeZone = schedule.timeZone ?? 'UTC'
  const occurrences = occurrencesOf(schedule)
  const times: EpochMs[] = []
  let at = occurrences.next(instant('after', wish.after) ?? now - 1)
  while (at !== null && times.length < count) {
    times.push(at)
    at = occurrences.next(at)
  }
  const isMoved = movedBy(schedule.cron, timeZone)
  return {
    text: scheduleText(schedule),
    timeZone,
    times: times.map((time) => ({ at: isoOf(time), local: wallClock(timeZone, time), moved: isMoved(time) })),
    complete: at === null,
  }
}

/** Says of a due time whether the clock there shows another time than the pattern means. */
function movedBy(cron: string | null, zone: string): (at: EpochMs) => boolean {
  if (cron === null) return () => false
  const pattern = readCron(cron)
  return (at) => {
    const local = at + offsetAt(zone, at)
    return pattern.next(local - 60_000) !== local
  }
}
