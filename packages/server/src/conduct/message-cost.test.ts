import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { FromClient } from '@octopus/protocol/from-client.ts'
import { BATCH_ITEMS_MAX, INVENTORY_PAGE_ITEMS, MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'

import { PACE } from './conduct.ts'
import { unitsOf } from './message-cost.ts'

const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)

describe('what a message costs', () => {
  const table: readonly (readonly [string, object, number, number])[] = [
    ['a heartbeat', { type: 'heartbeat' }, 150, 11],
    ['progress', { type: 'progress' }, 150, 1],
    ['one start', { type: 'started', executions: many(1, {}) }, 150, 3],
    ['a full list of starts', { type: 'started', executions: many(BATCH_ITEMS_MAX, {}) }, 30_000, 408],
    ['a full list of acceptances', { type: 'accepted', executions: many(BATCH_ITEMS_MAX, {}) }, 20_000, 205],
    ['one small result', { type: 'result', results: many(1, {}) }, 500, 3],
    ['one result as large as there can be', { type: 'result', results: many(1, {}) }, MESSAGE_BYTES_MAX, 515],
    ['a page of an inventory', { type: 'inventory', attempts: many(INVENTORY_PAGE_ITEMS, {}) }, 200_000, 1_049],
    ['what is synced', { type: 'synced' }, 100, 21],
    ['a farewell', { type: 'leaving' }, 50, 1],
  ]
  for (const [what, message, bytes, units] of table) {
    it(`${what}: ${units}`, () => assert.equal(unitsOf(message as FromClient, bytes), units))
  }

  it('lets a client run 500 short executions a second, and print 10 MiB', () => {
    const each = [
      unitsOf({ type: 'accepted', executions: many(1, {}) } as FromClient, 120),
      unitsOf({ type: 'started', executions: many(1, {}) } as FromClient, 150),
      unitsOf({ type: 'result', results: many(1, {}) } as FromClient, 600),
    ].reduce((a, b) => a + b)
    assert.ok(500 * each < PACE.perSecond, `${500 * each}`)
    const chunk = unitsOf({ type: 'output', chunks: many(1, {}) } as FromClient, 65_536)
    assert.ok(160 * chunk < PACE.perSecond, `${160 * chunk}`)
  })
})
