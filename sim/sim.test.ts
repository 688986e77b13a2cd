import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { play, type Report } from './scenario.ts'

/** Seeds of every run of the tests. A seed that ever failed is added by its number, and stays. */
const SEEDS = Array.from({ length: 50 }, (_, i) => i + 1)

describe('the real server and clients in virtual time', () => {
  const reports: Report[] = []
  for (const seed of SEEDS) {
    it(`keep every promise after every step of seed ${seed}`, async () => {
      try {
        reports.push(await play(seed))
      } catch (error) {
        throw new Error(`seed ${seed} broke a promise; replay it with: npm run sim -- --seed ${seed}`, { cause: error })
      }
    })
  }

  it('were really put to the test', () => {
    const sum = (of: (report: Report) => number): number => reports.reduce((total, report) => total + of(report), 0)
    assert.equal(reports.length, SEEDS.length)
    assert.ok(sum((report) => report.checks) > SEEDS.length * 500, 'hardly any step was checked')
    assert.ok(sum((report) => report.starts) > SEEDS.length * 5, 'hardly any plugin was started')
    assert.ok(sum((report) => report.faults['server crash'] ?? 0) >= SEEDS.length / 2)
    assert.ok(sum((report) => report.faults['client crash'] ?? 0) >= SEEDS.length / 2)
    for (const end of ['failed', 'timed-out', 'lost']) {
      assert.ok(sum((report) => report.triedAgain[end] ?? 0) > 0, `nothing that was ${end} was ever tried again`)
    }
    assert.ok(sum((report) => report.brakes) > SEEDS.length / 10, 'the brake hardly ever went on')
    for (const state of ['succeeded', 'lost', 'skipped', 'cancelled', 'expired']) {
      assert.ok(sum((report) => report.states[state] ?? 0) > 0, `nothing ever became ${state}`)
    }
  })
})
