import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { TokenBucket } from './token-bucket.ts'

describe('a token bucket', () => {
  it('gives a burst, then what time brings, and never more than the burst', () => {
    const bucket = new TokenBucket({ burst: 10, perSecond: 2 }, 0)
    assert.equal(bucket.spend(10, 0), 0)
    assert.equal(bucket.spend(1, 0), 500)
    assert.equal(bucket.left(500), 0)
    assert.equal(bucket.isFull(5_000), false)
    assert.equal(bucket.left(1_000_000), 10)
    assert.equal(bucket.isFull(1_000_000), true)
  })

  it('lends, and says how long the debt lasts', () => {
    const bucket = new TokenBucket({ burst: 10, perSecond: 2 }, 0)
    assert.equal(bucket.spend(30, 0), 10_000)
    assert.equal(bucket.left(4_000), -12)
    assert.equal(bucket.msUntil(1, 4_000), 6_500)
  })

  it('takes back what was not needed, and heeds no clock that goes back', () => {
    const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 10_000)
    bucket.spend(2, 10_000)
    bucket.giveBack(5, 10_000)
    assert.equal(bucket.left(10_000), 2)
    bucket.spend(2, 10_000)
    assert.equal(bucket.left(5_000), 0)
  })
})
