import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { Overlap } from '@octopus/protocol/work.ts'

import { EngineWorld } from '#testing/engine-world.ts'

const FAILED = { end: 'failed', reason: 'exception', error: { message: 'no', type: 'E', stack: '' } } as const

/** A schedule with two occurrences that were due, and what its client was told to do for them. */
async function twoRuns(world: EngineWorld, overlap: Overlap) {
  const client = await world.client('ann')
  await client.join(world.engine.door, [], 2)
  const times = { type: 'scheduled', startAt: world.clock.wall(), intervalMs: 10_000 } as const
  const task = await world.task({ owner: 'all', overlap, ...times, endAt: times.startAt + 20_000 })
  await world.clock.advance(10_020)
  const finish = async (item: ExecuteItem | undefined, how: object = {}) => {
    assert.ok(item)
    client.finish(item, how)
    await world.clock.advance(20)
    return (await world.taskNow(task.id)).outcome
  }
  return { items: client.executions(), finish, outcome: async () => (await world.taskNow(task.id)).outcome }
}

describe('the outcome of a task', () => {
  it('is that of its newest run, whichever of them ends last', async () => {
    await using world = await EngineWorld.start()
    const { items, finish } = await twoRuns(world, 'allow')
    assert.equal(await finish(items[1]), 'succeeded')
    assert.equal(await finish(items[0], FAILED), 'succeeded')
  })

  it('is that of the run before while the newest has not ended', async () => {
    await using world = await EngineWorld.start()
    const { items, finish } = await twoRuns(world, 'allow')
    assert.equal(await finish(items[0], FAILED), 'failed')
    assert.equal(await finish(items[1]), 'succeeded')
  })

  it('is not that of a newer one which was skipped', async () => {
    await using world = await EngineWorld.start()
    const { items, finish, outcome } = await twoRuns(world, 'skip')
    assert.equal(items.length, 1)
    assert.equal(await outcome(), 'skipped', 'nothing else is known yet')
    assert.equal(await finish(items[0], FAILED), 'failed')
  })
})

leakCheck()
