import assert from 'node:assert/strict'
import { test } from 'node:test'

import { clockTime, duration, fromLocalInput, relativeTime, toLocalInput } from './relative-time.ts'

const now = Date.UTC(2026, 10, 23, 12)

test('a time is told relative to now, past and future', () => {
  const cases: [number, string][] = [
    [0, 'just now'],
    [-1_999, 'just now'],
    [-12_000, '12 s ago'],
    [90_000, 'in 1 min'],
    [-5 * 3_600_000, '5 h ago'],
    [-26 * 3_600_000, '1 day ago'],
    [10 * 86_400_000, 'in 10 days'],
  ]
  for (const [offset, text] of cases) assert.equal(relativeTime(now + offset, now), text)
  assert.equal(relativeTime(now + 1_000, now, 'any moment'), 'any moment')
})

test('a duration has two units at most', () => {
  const cases: [number, string][] = [
    [-5, '0 ms'],
    [340, '340 ms'],
    [4_240, '4.2 s'],
    [59_900, '59 s'],
    [190_000, '3 min 10 s'],
    [120_000, '2 min'],
    [7_500_000, '2 h 5 min'],
    [90_000_000, '1 d 1 h'],
  ]
  for (const [ms, text] of cases) assert.equal(duration(ms), text)
})

test('local input becomes an instant, nothing becomes nothing', () => {
  assert.equal(fromLocalInput(''), undefined)
  assert.equal(fromLocalInput('nonsense'), undefined)
  assert.equal(fromLocalInput('2026-12-01T08:30'), new Date('2026-12-01T08:30').toISOString())
  assert.equal(toLocalInput(new Date('2026-12-01T08:30:05.250').toISOString()), '2026-12-01T08:30:05')
  assert.equal(toLocalInput(null), '')
})

test('a log line shows its time of day to the millisecond', () => {
  assert.match(clockTime(now + 7), /^\d\d:\d\d:\d\d\.007$/)
})
