import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { createHandClock } from './hand-clock.ts'

const never = new AbortController().signal

describe('hand clock', () => {
  it('fires timers in the order of their times, whatever the order they were set in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 50_000 })), async (delays) => {
        const clock = createHandClock()
        const start = clock.monotonic()
        const fired: number[] = []
        for (const ms of delays) void clock.after(ms, never).then(() => fired.push(clock.monotonic() - start))
        await clock.advance(50_000)
        assert.deepEqual(
          fired,
          delays.toSorted((a, b) => a - b),
        )
        assert.equal(clock.waiting(), 0)
      }),
      { numRuns: 30 },
    )
  })

  it('an aborted wait rejects with the reason and leaves no timer', async () => {
    const clock = createHandClock()
    const stop = new AbortController()
    const waiting = clock.after(5, stop.signal)
    stop.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
    assert.equal(clock.waiting(), 0)
  })

  it('a wait for a wall time notices within 10 s that the wall clock was set', async () => {
    const clock = createHandClock()
    let done = false
    void clock.until(clock.wall() + 3_600_000, never).then(() => (done = true))
    await clock.advance(1_000)
    clock.stepWall(3_600_000)
    assert.equal(done, false)
    await clock.advance(10_000)
    assert.equal(done, true)
  })

  it('a machine that sleeps moves its wall clock only', async () => {
    const clock = createHandClock()
    const [wall, monotonic] = [clock.wall(), clock.monotonic()]
    clock.suspend(60_000)
    assert.deepEqual([clock.wall() - wall, clock.monotonic() - monotonic], [60_000, 0])
    assert.equal(clock.nextTimerMs(), undefined)
  })
})
