import assert from 'node:assert/strict'
import { test } from 'node:test'

import { histogramOf, spanOf } from './histogram.ts'

const none = { active: 0, succeeded: 0, 'partly-failed': 0, failed: 0, cancelled: 0, expired: 0, skipped: 0 }

test('runs are stacked by outcome, and the highest column fills the height', () => {
  const columns = histogramOf([
    { ...none, at: '2026-11-24T00:00:00Z' },
    { ...none, at: '2026-11-24T00:15:00Z', succeeded: 3, failed: 1 },
    { ...none, at: '2026-11-24T00:30:00Z', active: 2 },
  ])
  assert.deepEqual(
    columns.map(({ total }) => total),
    [0, 4, 2],
  )
  assert.deepEqual(columns[1]?.parts, [
    { word: 'succeeded', tone: 'good', count: 3, from: 0, height: 0.75 },
    { word: 'failed', tone: 'bad', count: 1, from: 0.75, height: 0.25 },
  ])
  assert.deepEqual(columns[2]?.parts, [{ word: 'active', tone: 'active', count: 2, from: 0, height: 0.5 }])
})

test('what is drawn over the columns is the time they stand for', () => {
  const columns = histogramOf([
    { ...none, at: '2026-11-24T00:00:00Z' },
    { ...none, at: '2026-11-24T00:15:00Z' },
  ])
  const from = Date.parse('2026-11-24T00:00:00Z')
  assert.deepEqual(spanOf(columns, [1, 0], 900_000), { from, to: from + 1_800_000 })
  assert.equal(spanOf([], [0, 0], 900_000), undefined)
})
