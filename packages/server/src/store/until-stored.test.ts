import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'

import { untilStored } from './until-stored.ts'

/** Fails so often, each time with this. */
function failing(times: number, error: Error) {
  const clock = createHandClock()
  const told: unknown[] = []
  let tries = 0
  const act = async (): Promise<void> => {
    tries += 1
    if (tries <= times) throw error
  }
  const run = (signal: AbortSignal): Promise<void> =>
    untilStored({ clock, onOutage: (problem) => void told.push(problem) }, signal, act)
  return { clock, told, run, tries: () => tries }
}

describe('what has to be stored', () => {
  it('is tried until the store has taken it', async () => {
    const { clock, told, run, tries } = failing(3, refusal('STORE_UNAVAILABLE'))
    const done = run(new AbortController().signal)
    await clock.advance(3_000)
    await done
    assert.deepEqual([tries(), told.length], [4, 3])
  })

  it('is tried once when the server stops, and not again', async () => {
    const { run, tries } = failing(3, refusal('STORE_UNAVAILABLE'))
    await run(AbortSignal.abort())
    assert.equal(tries(), 1)
  })

  it('is given up, and told once, when it fails for a reason of its own', async () => {
    const { clock, told, run, tries } = failing(Infinity, new TypeError('a mistake'))
    await run(new AbortController().signal)
    assert.deepEqual([tries(), told.length, clock.waiting()], [1, 1, 0])
  })
})
