import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { type Played, playMany } from './many-seeds.ts'
import { Tally } from './tally.ts'

/**
 * Seeds of every run of the tests. No list of those that ever failed: the next change of the scenario draws another story
 * for each number. What a seed has found stays as a test of its own, which fails without the mend.
 */
const FIRST = 1
const COUNT = 500
/** So many seeds are one test, so that the total still counts tests. */
const TOGETHER = 50

describe('the real server and clients in virtual time', () => {
  const played = new Map<number, Played>()
  const tally = new Tally()

  before(async () => {
    await playMany({ first: FIRST, count: COUNT }, (one) => {
      played.set(one.seed, one)
      if (one.report) tally.add(one.report)
    })
  })
  after(() => played.clear())

  for (let from = FIRST; from < FIRST + COUNT; from += TOGETHER) {
    const to = from + TOGETHER - 1
    it(`keep every promise after every step of the seeds ${from} to ${to}`, () => {
      const broken: string[] = []
      for (let seed = from; seed <= to; seed++) {
        const { report, problem } = played.get(seed) ?? { problem: 'it was not played' }
        if (!report) broken.push(`seed ${seed}; replay it with: npm run sim -- --seed ${seed}\n${problem}`)
      }
      assert.equal(broken.join('\n'), '')
    })
  }

  it('were really put to the test: every fault and every transition came often enough', (t) => {
    assert.equal(tally.reports.length, COUNT)
    assert.deepEqual(tally.shortfalls(), [])
    t.diagnostic(`${tally.sum((report) => report.checks)} steps looked at`)
  })

  it('came to see each policy at work', () => {
    assert.ok(tally.sum((report) => report.checks) > COUNT * 500, 'hardly any step was checked')
    assert.ok(tally.sum((report) => report.starts) > COUNT * 5, 'hardly any plugin was started')
    for (const end of ['failed', 'timed-out', 'lost']) {
      assert.ok(tally.sum((report) => report.triedAgain[end]) > 0, `nothing that was ${end} was ever tried again`)
    }
    assert.ok(tally.sum((report) => report.brakes) > COUNT / 10, 'the brake hardly ever went on')
    assert.ok(tally.sum((report) => report.late) > COUNT / 10, 'hardly any result came too late')
    assert.ok(tally.sum((report) => report.dueTimes) > COUNT * 5, 'hardly any due time was held against its schedule')
    for (const state of ['succeeded', 'lost', 'skipped', 'cancelled', 'expired']) {
      assert.ok(tally.sum((report) => report.states[state]) > 0, `nothing ever became ${state}`)
    }
  })
})
