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
    assert.equal(presence.clockAheadMs(ann.id), undefined)
    assert.deepEqual(seen, ['none', 'settling', 'ready', 'closed', 'none'])
  })

  it('has how far its clock is ahead, as its last heartbeat told', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    const { presence, door } = world.engine
    await ann.join(door)
    assert.equal(presence.clockAheadMs(ann.id), undefined)
    const beat = async (seq: number, aheadMs: number): Promise<number | undefined> => {
      const clientTime = world.clock.wall() + aheadMs
      ann.say({ type: 'heartbeat', seq, echo: 0, clientTime, load: 0, freeSlots: 1 })
      await world.clock.advance(10)
      return presence.clockAheadMs(ann.id)
    }
    assert.deepEqual([await beat(1, -90_000), await beat(2, 5_000)], [-90_000, 5_000])
  })
})

leakCheck()
