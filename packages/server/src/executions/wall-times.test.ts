import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { EXECUTION_STATES } from '@octopus/protocol/work.ts'

import { byWallClock } from './wall-times.ts'

describe('the times of an execution by the wall clock', () => {
  for (const state of EXECUTION_STATES) {
    const isOut = state === 'assigned' || state === 'running' || state === 'disconnected'
    it(`are ${isOut ? 'carried over from steady time' : 'stored as such'} while it is ${state}`, () => {
      const execution = { state, endsAtLatest: 5_000, disconnectedAt: 4_000 }
      const expected = isOut ? { state, endsAtLatest: 4_900, disconnectedAt: 3_900 } : execution
      assert.deepEqual(byWallClock(execution, 100), expected)
    })
  }

  it('are as far as there are any', () => {
    assert.deepEqual(byWallClock({ state: 'running', endsAtLatest: null }, 100), {
      state: 'running',
      endsAtLatest: null,
    })
  })
})
