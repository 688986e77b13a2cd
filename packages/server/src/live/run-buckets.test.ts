import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { cutSpan, fillBuckets } from './run-buckets.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const now = Date.UTC(2026, 10, 24, 12, 34)

describe('the buckets of runs over time', () => {
  const table: readonly (readonly [
    string,
    from: number,
    to: number,
    buckets: number,
    minutes: number,
    count: number,
  ])[] = [
    ['a day in 96', now - DAY, now, 96, 15, 97],
    ['a day in 288 is as fine as it is counted', now - DAY, now, 288, 5, 289],
    ['an hour', now - HOUR, now, 6, 10, 7],
    ['an hour in whole fives', now - HOUR, now, 500, 5, 13],
    ['a moment', now, now, 10, 5, 1],
    ['a week in 84', now - 7 * DAY, now, 84, 120, 85],
    ['ninety days', now - 90 * DAY, now, 90, 24 * 60, 91],
    ['an hour a month ago: the fine ones are gone', now - 31 * DAY, now - 31 * DAY + HOUR, 12, 60, 2],
    ['a year in one', now - 366 * DAY, now, 1, 366 * 24 * 60, 2],
  ]
  for (const [title, from, to, wanted, minutes, count] of table) {
    it(title, () => {
      const cut = cutSpan({ from, to, now }, wanted)
      assert.equal(cut.bucketMs, minutes * MINUTE)
      assert.ok(cut.from <= from && cut.to >= to)
      assert.equal(cut.bucketMs % cut.grainMs, 0)
      const filled = fillBuckets(cut, [])
      assert.ok(filled.length <= wanted + 1)
      assert.equal(filled.length, count)
    })
  }

  it('hold what was counted, and zero where nothing was', () => {
    const cut = cutSpan({ from: 0, to: 10 * MINUTE, now: 10 * MINUTE }, 2)
    const filled = fillBuckets(cut, [
      { at: 300_000, word: 'failed', runs: 2 },
      { at: 900_000, word: 'failed', runs: 9 },
    ])
    assert.deepEqual(
      filled.map(({ at, counts }) => [at, counts.failed, counts.succeeded]),
      [
        [0, 0, 0],
        [300_000, 2, 0],
      ],
    )
  })
})
