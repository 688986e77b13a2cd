import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import { epochOf, isoOf } from '@octopus/kit/instant.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { CreateTask } from '@octopus/protocol/rest/tasks.ts'

import { nextAfter } from './schedule.ts'

export interface CheckedSchedule {
  readonly startAt: EpochMs | null
  readonly endAt: EpochMs | null
  readonly intervalMs: Ms | null
  /** When it is due for the first time. */
  readonly nextRunAt: EpochMs
}

type Wish = Pick<CreateTask, 'type' | 'startAt' | 'endAt' | 'intervalSeconds'>

/** When a task is due, or why it never would be. */
export function checkSchedule(wish: Wish, now: EpochMs): CheckedSchedule {
  const startAt = instant('startAt', wish.startAt)
  if (wish.type === 'ad-hoc') {
    if (wish.endAt !== undefined) throw invalid('An ad-hoc task runs once: leave out endAt, or make it scheduled.')
    if (wish.intervalSeconds !== undefined) {
      throw invalid('An ad-hoc task runs once: leave out intervalSeconds, or make it scheduled.')
    }
    return { startAt, endAt: null, intervalMs: null, nextRunAt: Math.max(now, startAt ?? now) }
  }
  if (wish.intervalSeconds === undefined) throw invalid('A scheduled task repeats: say how often with intervalSeconds.')
  const schedule = {
    startAt: startAt ?? now,
    endAt: instant('endAt', wish.endAt),
    intervalMs: wish.intervalSeconds * 1_000,
  }
  const { endAt } = schedule
  if (endAt !== null && endAt <= schedule.startAt) {
    throw invalid(`endAt (${isoOf(endAt)}) must be later than startAt (${isoOf(schedule.startAt)}).`)
  }
  const nextRunAt = nextAfter(schedule, now - 1)
  if (nextRunAt === null) {
    const end = endAt === null ? '' : ` It ends at ${isoOf(endAt)}, and now it is ${isoOf(now)}.`
    throw invalid(`This schedule has no occurrence in the future.${end}`)
  }
  return { ...schedule, nextRunAt }
}

function instant(key: string, text: string | undefined): EpochMs | null {
  if (text === undefined) return null
  const at = epochOf(text)
  if (at === undefined || at < 0)
    throw invalid(`${key} is "${text}"; it must be a time after 1970, like 2026-12-01T00:00:00Z.`)
  return at
}

function invalid(reason: string): Error {
  return refusal('INVALID_SCHEDULE', { reason })
}
