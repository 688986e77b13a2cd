import assert from 'node:assert/strict'
import { test } from 'node:test'

import { blocksOf } from './blocks.ts'

const none = {
  total: 0,
  queued: 0,
  assigned: 0,
  running: 0,
  disconnected: 0,
  succeeded: 0,
  failed: 0,
  'timed-out': 0,
  cancelled: 0,
  expired: 0,
  lost: 0,
  skipped: 0,
}

test('few executions have a block each, what is done first', () => {
  const blocks = blocksOf({ ...none, total: 3, failed: 1, succeeded: 2 }, 100)
  assert.deepEqual(
    blocks.map(({ state, count }) => [state, count]),
    [
      ['succeeded', 1],
      ['succeeded', 1],
      ['failed', 1],
    ],
  )
})

test('many share blocks, and the one that failed keeps its own', () => {
  const blocks = blocksOf({ ...none, total: 10_000, succeeded: 9_999, failed: 1 }, 100)
  assert.ok(blocks.length <= 102)
  assert.equal(
    blocks.reduce((sum, block) => sum + block.count, 0),
    10_000,
  )
  assert.equal(blocks.filter(({ state }) => state === 'failed').length, 1)
})
