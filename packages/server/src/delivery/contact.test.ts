import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { EngineWorld } from '#testing/engine-world.ts'

describe('how a client is in touch', () => {
  it('is said step by step: connected, settled, cut off, gone', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    const { presence, door } = world.engine
    const seen = [presence.contactOf(ann.id)]
    ann.connect(door)
    await world.clock.advance(10)
    ann.hello()
    await world.clock.advance(10)
    seen.push(presence.contactOf(ann.id))
    ann.inventory()
    await world.clock.advance(10)
    seen.push(presence.contactOf(ann.id))
    ann.cut()
    await world.clock.advance(10)
    seen.push(presence.contactOf(ann.id))
    await world.clock.advance(40_000)
    seen.push(presence.contactOf(ann.id))
    assert.deepEqual(seen, ['none', 'settling', 'ready', 'closed', 'none'])
  })
})

leakCheck()
