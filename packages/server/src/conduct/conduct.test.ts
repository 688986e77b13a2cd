import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { BAN_MS_MAX, BAN_MS_MIN, Conduct, FORGIVEN, OFFENCE_UNITS, PACE, SESSIONS } from './conduct.ts'

const HOUR_MS = 3_600_000

describe('the conduct of a client', () => {
  it('lets it send a burst, then as much as time brings; what is more is read later', () => {
    const conduct = new Conduct(0)
    assert.equal(conduct.spend(PACE.burst, 0), 0)
    assert.equal(conduct.spend(PACE.perSecond * 3, 0), 3_000)
    assert.equal(conduct.owesMs(1_000), 2_000)
    assert.equal(conduct.owesMs(3_000), 0)
  })

  it('reads who lies a hundred times a second', () => {
    const conduct = new Conduct(0)
    conduct.spend(PACE.burst, 0)
    conduct.offend(1, 0)
    assert.equal(conduct.owesMs(0), (1_000 * OFFENCE_UNITS) / PACE.perSecond)
  })

  it('forgives a few hundred offences, and no more', () => {
    const conduct = new Conduct(0)
    conduct.offend(FORGIVEN.burst, 0)
    assert.equal(conduct.isIntolerable(0), false)
    conduct.offend(1, 0)
    assert.equal(conduct.isIntolerable(0), true)
    assert.equal(conduct.isIntolerable(2_000), false)
  })

  it('keeps it out for longer each time, never for longer than a hold, and forgets in time', () => {
    const conduct = new Conduct(0)
    assert.equal(conduct.barredMs(0), 0)
    const bans = [1, 2, 3, 4, 5, 6].map((n) => conduct.strike(n * 1_000))
    assert.deepEqual(
      bans,
      [1, 2, 4, 8, 12, 12].map((times) => times * BAN_MS_MIN),
    )
    assert.equal(bans.at(-1), BAN_MS_MAX)
    assert.equal(conduct.barredMs(6_000 + BAN_MS_MAX - 1), 1)
    assert.equal(conduct.barredMs(6_000 + BAN_MS_MAX), 0)
    assert.equal(conduct.strike(HOUR_MS), BAN_MS_MIN)
  })

  it('lets it come again as often as a bad network makes it', () => {
    const conduct = new Conduct(0)
    for (let n = 0; n < SESSIONS.burst; n++) assert.equal(conduct.begin(0), 0)
    assert.equal(conduct.begin(0), 2_000)
    assert.equal(conduct.begin(1_000), 1_000, 'asking costs nothing')
    assert.equal(conduct.begin(2_000), 0)
  })

  it('is worth a word for each half minute without reading', () => {
    const conduct = new Conduct(0)
    assert.deepEqual(
      [10_000, 19_999, 1, 65_000].map((ms) => conduct.throttled(ms)),
      [0, 0, 1, 2],
    )
  })

  it('is forgotten when there is nothing to remember', () => {
    const conduct = new Conduct(0)
    assert.equal(conduct.isSpotless(0), true)
    conduct.begin(0)
    assert.equal(conduct.isSpotless(0), false)
    assert.equal(conduct.isSpotless(5_000), true)
    conduct.strike(5_000)
    assert.equal(conduct.isSpotless(300_000), false)
    assert.equal(conduct.isSpotless(HOUR_MS), true)
  })
})
