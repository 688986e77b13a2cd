import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Schedule } from './schedule.ts'
import { scheduleText } from './words.ts'

const nothing: Schedule = { startAt: null, endAt: null, intervalMs: null, cron: null, timeZone: null }

const cases: readonly (readonly [Partial<Schedule>, string])[] = [
  [{}, 'Once, at once'],
  [{ startAt: Date.UTC(2026, 11, 1) }, 'Once, at 2026-12-01T00:00:00.000Z'],
  [{ intervalMs: 1_000 }, 'Every second'],
  [{ intervalMs: 300_000 }, 'Every 5 minutes'],
  [{ intervalMs: 5_400_000 }, 'Every 1 hour 30 minutes'],
  [{ intervalMs: 86_400_000 }, 'Every day'],
  [{ cron: '0 3 * * 1-5', timeZone: 'Europe/Berlin' }, 'At 03:00, Monday through Friday (Europe/Berlin)'],
  [{ cron: '*/5 * * * *', timeZone: 'UTC' }, 'Every 5 minutes (UTC)'],
  [{ cron: '@daily', timeZone: 'UTC' }, 'At 00:00 (UTC)'],
  // There are no words for the plus sign, which adds a condition where days are given in two ways.
  [{ cron: '0 0 1-7 * +MON', timeZone: 'UTC' }, 'At the times of 0 0 1-7 * +MON (UTC)'],
]

describe('a schedule in words', () => {
  for (const [schedule, text] of cases) {
    it(text, () => assert.equal(scheduleText({ ...nothing, ...schedule }), text))
  }
})
