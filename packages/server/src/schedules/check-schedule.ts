import type { EpochMs } from '@octopus/kit/clock.ts'
import { epochOf, isoOf } from '@octopus/kit/instant.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { CreateTask } from '@octopus/protocol/rest/tasks.ts'
import type { TaskType } from '@octopus/protocol/work.ts'

import { cronFields, readCron } from './cron.ts'
import { occurrencesOf, type Schedule } from './schedule.ts'
import { knownZone } from './zone.ts'

export interface CheckedSchedule extends Schedule {
  /** When it is due for the first time from now on. */
  readonly nextRunAt: EpochMs
}

export type ScheduleWish = Pick<CreateTask, 'startAt' | 'endAt' | 'intervalSeconds' | 'cron' | 'timeZone'>

/** A schedule that can be due at all, or the refusal that says what is wrong with it. */
export function checkSchedule(wish: ScheduleWish & { readonly type: TaskType }, now: EpochMs): CheckedSchedule {
  const startAt = instant('startAt', wish.startAt)
  if (wish.type === 'ad-hoc') {
    for (const key of ['endAt', 'intervalSeconds', 'cron', 'timeZone'] as const) {
      if (wish[key] !== undefined) throw invalid(`An ad-hoc task runs once: leave out ${key}, or make it scheduled.`)
    }
    return planOnce(startAt, now)
  }
  return planFrom(readRepeat(wish, startAt ?? now), now)
}

/** An ad-hoc task is due at its time, or at once when that has passed. */
export function planOnce(startAt: EpochMs | null, now: EpochMs): CheckedSchedule {
  const nextRunAt = Math.max(now, startAt ?? now)
  return { startAt, endAt: null, intervalMs: null, cron: null, timeZone: null, nextRunAt }
}

/** The schedule with its next due time from now on; one that never comes is refused. */
export function planFrom(schedule: Schedule, now: EpochMs): CheckedSchedule {
  const { endAt, cron, startAt } = schedule
  const nextRunAt = occurrencesOf(schedule).next(now - 1)
  if (nextRunAt !== null) return { ...schedule, nextRunAt }
  if (occurrencesOf({ ...schedule, endAt: null }).next(Math.max(now, startAt ?? now) - 1) === null) {
    throw invalid(`cron "${cron ?? ''}" never comes: no date has that day, month and day of the week.`)
  }
  const end = endAt === null ? '' : ` It ends at ${isoOf(endAt)}, and now it is ${isoOf(now)}.`
  throw invalid(`This schedule has no occurrence in the future.${end}`)
}

/** What repeats, from `startAt` on. */
export function readRepeat(wish: ScheduleWish, startAt: EpochMs): Schedule {
  const { intervalSeconds, cron, timeZone } = wish
  if (intervalSeconds !== undefined && cron !== undefined) {
    throw invalid('A schedule repeats by intervalSeconds or by cron: leave out one of them.')
  }
  if (intervalSeconds === undefined && cron === undefined) {
    throw invalid('A scheduled task repeats: say how often with intervalSeconds, or when with cron.')
  }
  if (timeZone !== undefined && cron === undefined) {
    throw invalid('timeZone belongs to cron: an interval is the same everywhere. Leave it out.')
  }
  const endAt = instant('endAt', wish.endAt)
  if (endAt !== null && endAt <= startAt) {
    throw invalid(`endAt (${isoOf(endAt)}) must be later than startAt (${isoOf(startAt)}).`)
  }
  const intervalMs = intervalSeconds === undefined ? null : intervalSeconds * 1_000
  if (cron === undefined) return { startAt, endAt, intervalMs, cron: null, timeZone: null }
  return { startAt, endAt, intervalMs, cron: checkCron(cron), timeZone: checkZone(timeZone ?? 'UTC') }
}

function checkCron(cron: string): string {
  try {
    readCron(cron)
    return cron.trim().startsWith('@') ? cron.trim().toLowerCase() : cronFields(cron).join(' ')
  } catch (error) {
    throw invalid(
      `cron "${cron}" cannot be read: ${(error as Error).message}. An example: "0 3 * * 1-5" is 3:00 from Monday to Friday.`,
    )
  }
}

function checkZone(zone: string): string {
  if (zone === 'client') {
    throw refusal('RESERVED_KEY', { key: 'timeZone', reason: 'the time zone of each client comes later; name one.' })
  }
  const known = knownZone(zone)
  if (known !== undefined) return known
  throw invalid(`timeZone "${zone}" is none that this server knows. Take an IANA name, like Europe/Berlin or UTC.`)
}

export function instant(key: string, text: string | undefined): EpochMs | null {
  if (text === undefined) return null
  const at = epochOf(text)
  if (at === undefined || at < 0)
    throw invalid(`${key} is "${text}"; it must be a time after 1970, like 2026-12-01T00:00:00Z.`)
  return at
}

function invalid(reason: string): Error {
  return refusal('INVALID_SCHEDULE', { reason })
}
