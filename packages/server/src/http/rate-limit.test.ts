import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { OctopusError } from '@octopus/protocol/errors.ts'

import { RateLimit } from './rate-limit.ts'

const refusedFor = (limit: RateLimit, key: string): number => {
  try {
    limit.take(key)
    return 0
  } catch (error) {
    assert.ok(error instanceof OctopusError && error.code === 'TOO_MANY_REQUESTS')
    return Number(error.details['seconds'])
  }
}

describe('a rate limit', () => {
  it('allows a burst, then says how long to wait, and never locks out', async () => {
    const clock = createHandClock()
    const limit = new RateLimit({ burst: 3, perSecond: 0.5 }, clock)
    assert.deepEqual(
      [1, 2, 3, 4].map(() => refusedFor(limit, 'a')),
      [0, 0, 0, 2],
    )
    assert.equal(refusedFor(limit, 'b'), 0, 'others are not touched')
    await clock.advance(2_000)
    assert.equal(refusedFor(limit, 'a'), 0)
    assert.equal(refusedFor(limit, 'a'), 2)
  })

  it('a good try is given back', () => {
    const limit = new RateLimit({ burst: 1, perSecond: 0.1 }, createHandClock())
    for (let i = 0; i < 5; i++) {
      assert.equal(refusedFor(limit, 'a'), 0)
      limit.giveBack('a')
    }
  })

  it('remembers a bounded number of keys', () => {
    const limit = new RateLimit({ burst: 1, perSecond: 0.001 }, createHandClock())
    limit.take('first')
    for (let i = 0; i < 20_000; i++) limit.take(`other ${i}`)
    assert.equal(refusedFor(limit, 'first'), 0, 'forgotten')
    assert.ok(refusedFor(limit, 'other 19999') > 0)
  })
})
