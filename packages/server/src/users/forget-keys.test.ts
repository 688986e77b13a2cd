import assert from 'node:assert/strict'
import { it } from 'node:test'

import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { forgetOldKeys } from './forget-keys.ts'

it('old keys are forgotten in slices, every ten minutes, also after a failure, until the server stops', async () => {
  const clock = createHandClock()
  const answers: (number | Error)[] = [200, 200, 7, new Error('the disk is full'), 0]
  const errors: unknown[] = []
  let asked = 0
  const forgetKeys = async (): Promise<number> => {
    asked += 1
    const answer = answers.shift() ?? 0
    if (answer instanceof Error) throw answer
    return answer
  }
  const life = new AbortController()
  const loop = forgetOldKeys({ store: { forgetKeys }, clock, onError: (error) => errors.push(error) }, life.signal)
  await clock.advance(0)
  assert.equal(asked, 3, 'as long as slices are full')
  await clock.advance(600_000)
  await clock.advance(600_000)
  assert.deepEqual([asked, errors.length], [5, 1])
  life.abort()
  await loop
})

leakCheck()
