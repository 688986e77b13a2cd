import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { cutoffsAt, nextRows, sweepTime } from './cutoffs.ts'

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

describe('the time that a sweep believes', () => {
  const HOUR = 3_600_000
  const last = 1_000 * DAY
  const cases: readonly (readonly [string, Parameters<typeof sweepTime>[0], number])[] = [
    ["is the wall clock's at first", { wall: 5, last: null, ranMs: null }, 5],
    ["is the wall clock's while that goes as the server runs", { wall: last + HOUR, last, ranMs: HOUR }, last + HOUR],
    ["is the wall clock's after some days off", { wall: last + 7 * DAY, last, ranMs: null }, last + 7 * DAY],
    [
      'is a week later after months off, or with a clock that is wrong',
      { wall: last + 90 * DAY, last, ranMs: null },
      last + 7 * DAY,
    ],
    ['goes four times as fast then', { wall: last + 90 * DAY, last, ranMs: HOUR }, last + 4 * HOUR],
    ['goes back with the wall clock', { wall: last - DAY, last, ranMs: HOUR }, last - DAY],
  ]
  for (const [title, facts, expected] of cases) it(title, () => assert.equal(sweepTime(facts), expected))
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
