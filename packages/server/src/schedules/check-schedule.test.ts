import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { checkSchedule } from './check-schedule.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

describe('a schedule', () => {
  const due: readonly [string, Parameters<typeof checkSchedule>[0], number][] = [
    ['at once', { type: 'ad-hoc' }, NOW],
    ['later', { type: 'ad-hoc', startAt: '2026-01-01T02:00:00+01:00' }, NOW + HOUR],
    ['at once, when the time has passed', { type: 'ad-hoc', startAt: '2025-01-01T00:00:00Z' }, NOW],
    ['from now on', { type: 'scheduled', intervalSeconds: 60 }, NOW],
    ['from a time on', { type: 'scheduled', intervalSeconds: 60, startAt: '2026-01-01T01:00:00Z' }, NOW + HOUR],
    [
      'in step with a start that has passed',
      { type: 'scheduled', intervalSeconds: 7_200, startAt: '2025-12-31T23:00:00Z' },
      NOW + HOUR,
    ],
    [
      'once, just before its end',
      { type: 'scheduled', intervalSeconds: 3_600, endAt: '2026-01-01T00:00:00.001Z' },
      NOW,
    ],
  ]
  for (const [what, wish, at] of due) {
    it(`is due ${what}`, () => assert.equal(checkSchedule(wish, NOW).nextRunAt, at))
  }

  it('that ends now is never due', () => {
    const wish = {
      type: 'scheduled',
      intervalSeconds: 60,
      startAt: '2025-01-01T00:00:00Z',
      endAt: '2026-01-01T00:00:00Z',
    }
    assert.throws(() => checkSchedule(wish as never, NOW), { code: 'INVALID_SCHEDULE' })
  })
})
