import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'

import { createHandClock } from '#testing/hand-clock.ts'

import { fullJitter } from './backoff.ts'
import { createBus } from './bus.ts'
import { createSystemClock } from './clock.ts'
import { firstOf } from './first-of.ts'
import { createUuidV7Maker } from './ids.ts'
import { createSeededRandom, pickIndex } from './random.ts'
import { createSignal } from './signal.ts'

const never = new AbortController().signal

describe('the system clock', () => {
  it('never wakes before its time', async () => {
    const clock = createSystemClock()
    const [monotonic, wall] = [clock.monotonic(), clock.wall()]
    await clock.after(15, never)
    assert.ok(clock.monotonic() - monotonic >= 15)
    await clock.until(wall + 30, never)
    assert.ok(clock.wall() >= wall + 30)
  })

  it('looks again after ten seconds at the latest: a wall clock that was set ahead is not slept through', async () => {
    let wall = 0
    const now = mock.method(Date, 'now', () => wall)
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const hour = 3_600_000
      let woken = false
      const waited = createSystemClock()
        .until(hour, never)
        .then(() => (woken = true))
      mock.timers.tick(3_000)
      // Somebody sets the clock of the machine; its timers go on as if nothing were.
      wall = hour
      let seconds = 0
      for (; seconds < 60 && !woken; seconds++) {
        mock.timers.tick(1_000)
        for (let turn = 0; turn < 5; turn++) await Promise.resolve()
      }
      assert.ok(woken && seconds <= 10, `it slept on for ${seconds} s`)
      await waited
    } finally {
      mock.timers.reset()
      now.mock.restore()
    }
  })

  it('lets go when it is told to, with the reason', async () => {
    const abort = new AbortController()
    const wait = createSystemClock().after(60_000, abort.signal)
    abort.abort(new Error('enough'))
    await assert.rejects(wait, /enough/)
  })
})

describe('a signal', () => {
  it('remembers a wake that came before anybody waited, and counts many as one', async () => {
    const signal = createSignal()
    signal.wake()
    signal.wake()
    await signal.woken(never)
    const abort = new AbortController()
    const second = signal.woken(abort.signal)
    abort.abort(new Error('nobody woke it'))
    await assert.rejects(second, /nobody woke it/)
  })
})

describe('the first of several waits', () => {
  it('ends the waiting, and the others are let go', async () => {
    const clock = createHandClock()
    const waited = firstOf(
      never,
      (either) => clock.after(5, either),
      (either) => clock.after(50_000, either),
    )
    await clock.advance(5)
    await waited
    assert.equal(clock.waiting(), 0)
  })
})

describe('ids', () => {
  it('rise, also within a millisecond, when the clock steps back, and when the counter is full', () => {
    const clock = createHandClock()
    const maker = createUuidV7Maker(clock, createSeededRandom(1))
    const ids: string[] = []
    for (let i = 0; i < 10_000; i++) {
      if (i === 5_000) clock.stepWall(-60_000)
      ids.push(maker.next())
    }
    assert.deepEqual(ids, ids.toSorted())
    assert.equal(new Set(ids).size, ids.length)
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})

describe('chance', () => {
  it('is the same for the same seed', () => {
    const [one, two] = [createSeededRandom(7), createSeededRandom(7)]
    assert.deepEqual(one.bytes(32), two.bytes(32))
    assert.equal(one.fraction(), two.fraction())
  })

  it('picks every index about equally often, and none beyond', () => {
    const random = createSeededRandom(3)
    const counts = [0, 0, 0]
    for (let i = 0; i < 3_000; i++) counts[pickIndex(random, 3)]! += 1
    for (const count of counts) assert.ok(count > 850 && count < 1_150, `${count} of 3000`)
  })

  it('spreads reconnects over the whole window, which grows up to its cap', () => {
    const random = createSeededRandom(5)
    const options = { baseMs: 500, capMs: 15_000 }
    const late = Array.from({ length: 2_000 }, () => fullJitter(random, 20, options))
    assert.ok(Math.max(...late) < 15_000 && Math.max(...late) > 14_000)
    assert.ok(Math.min(...late) < 500)
    for (let i = 0; i < 100; i++) assert.ok(fullJitter(random, 0, options) < 500)
  })
})

describe('the bus', () => {
  it('reports a listener that throws, and tells the others all the same', () => {
    const errors: unknown[] = []
    const bus = createBus<{ news: number }>((error) => errors.push(error))
    const heard: number[] = []
    bus.on('news', () => {
      throw new Error('deaf')
    })
    const stop = bus.on('news', (news) => heard.push(news))
    bus.publish('news', 1)
    stop()
    bus.publish('news', 2)
    assert.deepEqual(heard, [1])
    assert.equal(errors.length, 2)
  })
})
