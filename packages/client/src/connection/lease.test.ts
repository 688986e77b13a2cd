import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import fc from 'fast-check'

import { Lease } from './lease.ts'

describe('lease', () => {
  it('runs from the moment the echoed heartbeat was sent, not from the moment the echo came', async () => {
    const clock = createHandClock()
    const lease = new Lease(clock)
    await clock.advance(10_000)
    lease.sent(1)
    await clock.advance(25_000)
    assert.equal(lease.echoed(1), true)
    assert.equal(lease.age(), 25_000)
  })

  it('an old, a repeated or an invented echo is no news', async () => {
    const clock = createHandClock()
    const lease = new Lease(clock)
    lease.sent(1)
    await clock.advance(10_000)
    lease.sent(2)
    assert.equal(lease.echoed(2), true)
    await clock.advance(1_000)
    for (const seq of [2, 1, 3, 0]) assert.equal(lease.echoed(seq), false)
    assert.equal(lease.age(), 1_000)
  })

  it('counts the time a laptop slept, and is not renewed by a wall clock that was set back', async () => {
    const clock = createHandClock()
    const lease = new Lease(clock)
    clock.suspend(3_600_000)
    assert.equal(lease.age(), 3_600_000)
    const other = new Lease(clock)
    await clock.advance(40_000)
    clock.stepWall(-3_600_000)
    assert.equal(other.age(), 40_000)
  })

  it('always ends before the server’s, whatever is delayed or lost in either direction', async () => {
    const network = fc.array(fc.record({ there: fc.nat(60_000), back: fc.nat(60_000), lost: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(network, async (beats) => {
        const clock = createHandClock()
        const lease = new Lease(clock)
        const never = new AbortController().signal
        let serverHeardAt = clock.monotonic()
        let received = 0
        const under: Promise<void>[] = []
        for (const [index, { there, back, lost }] of beats.entries()) {
          await clock.advance(10_000)
          lease.sent(index + 1)
          if (lost) continue
          const carry = async (): Promise<void> => {
            await clock.after(there, never)
            serverHeardAt = clock.monotonic()
            received = Math.max(received, index + 1)
            const echo = received
            await clock.after(back, never)
            lease.echoed(echo)
            assert.ok(lease.age() >= clock.monotonic() - serverHeardAt)
          }
          under.push(carry())
        }
        await clock.advance(200_000)
        await Promise.all(under)
        assert.ok(lease.age() >= clock.monotonic() - serverHeardAt)
      }),
      { numRuns: 50 },
    )
  })
})
