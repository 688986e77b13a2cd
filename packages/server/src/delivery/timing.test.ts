import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { clampHeartbeat, holdEndsAfter, presenceMs } from './timing.ts'

const HOLD = 120_000

describe('the interval of heartbeats', () => {
  const table: readonly (readonly [what: string, wishMs: number, holdMs: number, expected: number])[] = [
    ['is ten seconds for a client that wishes nothing', 0, HOLD, 10_000],
    ['is what the client wishes', 20_000, HOLD, 20_000],
    ['is a second at least', 10, HOLD, 1_000],
    ['leaves room in the hold: a third of what is left after half a minute', 60_000, HOLD, 30_000],
    ['is a minute at most, however long the hold', 600_000, 3_600_000, 60_000],
    ['is five seconds where the hold is the shortest there is', 10_000, 45_000, 5_000],
  ]
  for (const [what, wish, hold, expected] of table) {
    it(what, () => assert.equal(clampHeartbeat(wish, hold), expected))
  }
})

describe('the hold', () => {
  it('ends on the server 2 % and five seconds later than on the client', () => {
    assert.deepEqual([holdEndsAfter(45_000), holdEndsAfter(HOLD)], [50_900, 127_400])
  })

  it('outlives presence and the stopping of plugins, whatever the client wishes', () => {
    const holds = fc.integer({ min: 45_000, max: 3_600_000 })
    fc.assert(
      fc.property(fc.nat(), holds, (wish, hold) => {
        const presence = presenceMs(clampHeartbeat(wish, hold))
        assert.ok(presence <= hold - 30_000, 'plugins are asked to stop 15 s before its end, and only out of contact')
      }),
    )
  })
})
