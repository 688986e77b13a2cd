import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import { clearAway, type Endable, LADDER, terminate } from './terminate.ts'

type Step = 'ask' | 'term' | 'kill' | 'force'

/** Something that ends by the step that is named. */
function endableBy(last: Step) {
  const steps: Step[] = []
  const gone = Promise.withResolvers<void>()
  let isGone = false
  const step = (name: Step) => () => {
    steps.push(name)
    if (name !== last) return
    isGone = true
    gone.resolve()
  }
  const target: Endable = {
    ask: step('ask'),
    term: step('term'),
    kill: step('kill'),
    force: step('force'),
    isGone: () => isGone,
    workerGone: new Promise(() => {}),
    gone: gone.promise,
  }
  return { steps, target }
}

const LADDERS = [
  ['ask', ['ask']],
  ['term', ['ask', 'term']],
  ['kill', ['ask', 'term', 'kill']],
  ['force', ['ask', 'term', 'kill', 'force']],
] as const

describe('the kill ladder', () => {
  for (const [last, expected] of LADDERS) {
    it(`climbs no higher than ${last} for what ends by it, within 10 s`, async () => {
      const clock = createHandClock()
      const { steps, target } = endableBy(last)
      const began = clock.monotonic()
      const done = terminate(target, clock, LADDER)
      while (!target.isGone()) await clock.advance(clock.nextTimerMs() ?? 0)
      await done
      assert.deepEqual(steps, expected)
      assert.ok(clock.monotonic() - began <= 10_000)
      await clock.settle()
      assert.equal(clock.waiting(), 0)
    })
  }

  it('does not wait for an answer of a worker that is gone', async () => {
    const clock = createHandClock()
    const { steps, target } = endableBy('term')
    const began = clock.monotonic()
    const done = terminate({ ...target, workerGone: Promise.resolve() }, clock, LADDER)
    await clock.advance(50)
    await done
    assert.deepEqual(steps, ['ask', 'term'])
    assert.equal(clock.monotonic() - began, 50)
  })

  it('has no second step for what is left after an answer: it may leave by itself, then it is killed', async () => {
    const clock = createHandClock()
    const { steps, target } = endableBy('kill')
    const began = clock.monotonic()
    const done = clearAway(target, clock, LADDER)
    while (!target.isGone()) await clock.advance(clock.nextTimerMs() ?? 0)
    await done
    assert.deepEqual(steps, ['ask', 'kill'])
    assert.ok(clock.monotonic() - began < 1_000)
  })
})
