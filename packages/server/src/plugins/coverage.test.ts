import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import type { Checksum, ClientId } from '@octopus/protocol/ids.ts'

import type { Facts } from '#live/facts.ts'

import { createCoverage } from './coverage.ts'

const sum = 'sum' as Checksum

function world(cacheTtlMs: number) {
  const clock = createHandClock()
  const bus = createBus<Facts>((error) => assert.fail(String(error)))
  const count = { read: 0 }
  const store = {
    readCoverage: async () => {
      count.read += 1
      return { have: count.read, of: 9, missing: [] }
    },
  }
  return { clock, bus, count, coverage: createCoverage({ store, clock, bus, cacheTtlMs }) }
}

describe('the coverage of a version', () => {
  it('is counted once per CACHE_TTL as long as nothing moves', async () => {
    const { clock, count, coverage } = world(600_000)
    await clock.advance(1)
    await Promise.all([coverage(sum), coverage(sum)])
    await clock.advance(599_000)
    await coverage(sum)
    assert.equal(count.read, 1)
    await clock.advance(1_001)
    await coverage(sum)
    assert.equal(count.read, 2)
  })

  it('is counted again when a client has moved, but not twice in half a second', async () => {
    const { clock, bus, count, coverage } = world(600_000)
    await clock.advance(1)
    await coverage(sum)
    for (let n = 0; n < 10; n += 1) {
      bus.publish('client-changed', { client: 'pc' as ClientId })
      await coverage(sum)
    }
    assert.equal(count.read, 1)
    await clock.advance(500)
    assert.equal((await coverage(sum)).have, 2)
  })

  it('with a CACHE_TTL of 0 is never older than half a second', async () => {
    const { clock, count, coverage } = world(0)
    await clock.advance(1)
    await coverage(sum)
    await clock.advance(500)
    await coverage(sum)
    assert.equal(count.read, 2)
  })
})
