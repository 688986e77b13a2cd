import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Clock } from '@octopus/kit/clock.ts'

import { MachineClock } from './machine-clock.ts'

describe('the clock of a simulated machine', () => {
  it('ends a wait of which rounding left a sliver that moves no clock', async () => {
    let monotonicMs = 2 ** 31
    let waits = 0
    const truth: Pick<Clock, 'wall' | 'monotonic' | 'after'> = {
      wall: () => Math.floor(monotonicMs),
      monotonic: () => monotonicMs,
      after: (ms) => {
        waits += 1
        if (waits > 10) throw new Error('it waits again and again')
        // All but a sliver, as sums of delays come out.
        monotonicMs += waits === 1 ? ms - 1e-6 : ms < 1e-5 ? 0 : ms
        return Promise.resolve()
      },
    }
    const { clock } = new MachineClock(truth as Clock)
    await clock.after(1, new AbortController().signal)
    assert.equal(waits, 2)
  })
})
