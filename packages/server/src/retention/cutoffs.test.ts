import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { cutoffsAt, nextRows } from './cutoffs.ts'

const DAY = 86_400_000
const keep = { executionsDays: 90, outputDays: 30, auditDays: 400 }

describe('what is old', () => {
  const today = Date.UTC(2026, 5, 1)

  it('is counted in whole days, so that nothing moves during a day', () => {
    const cutoffs = cutoffsAt(today + 5 * 3_600_000, keep)
    assert.deepEqual(cutoffs, { ...cutoffsAt(today, keep), deleted: cutoffs.deleted, credentials: cutoffs.credentials })
    assert.equal(cutoffs.runs, today - 90 * DAY)
    assert.equal(cutoffs.output, today - 30 * DAY)
    assert.equal(cutoffs.audit, today - 400 * DAY)
  })

  it('is to the millisecond for what people have deleted: they were promised thirty days', () => {
    assert.equal(cutoffsAt(today + 5, keep).deleted, today + 5 - 30 * DAY)
  })

  it('takes output with its execution, even if output is kept longer', () => {
    assert.equal(cutoffsAt(today, { ...keep, executionsDays: 7 }).output, today - 7 * DAY)
  })
})

describe('the size of a slice', () => {
  const cases: readonly [rows: number, tookMs: number, next: number][] = [
    [100, 15, 100],
    [100, 30, 50],
    [100, 1_000, 25],
    [100, 1, 200],
    [100, 0, 200],
    [1_000, 1, 1_000],
    [30, 500, 20],
  ]
  for (const [rows, tookMs, next] of cases) {
    it(`after ${rows} rows in ${tookMs} ms is ${next}`, () => assert.equal(nextRows(rows, tookMs), next))
  }
})
