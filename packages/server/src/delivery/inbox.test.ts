import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { refusal } from '@octopus/protocol/errors.ts'

import { revokeClient } from '#clients/manage-client.ts'
import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

const actor = { kind: 'user', name: 'me' } as const

/** Ann was handed what is for anyone, and her connection went before she had heard of it; Bob is idle. */
async function handedToAnn(world: EngineWorld) {
  const [ann, bob] = [await world.client('ann'), await world.client('bob')]
  await ann.join(world.engine.door)
  const task = await world.task()
  assert.equal(ann.executions().length, 1)
  await bob.join(world.engine.door)
  ann.heartbeat()
  ann.cut()
  return { ann, bob, task }
}

/** She is back, with nothing in her hands. */
async function comeBack(world: EngineWorld, ann: ScriptedClient): Promise<void> {
  ann.connect(world.engine.door)
  ann.hello()
  await world.clock.settle()
  ann.inventory([])
  await world.clock.advance(1_000)
}

describe('what an inventory gives back to the queue goes to who is idle', () => {
  it('also when its client is revoked in the same moment', async () => {
    await using world = await EngineWorld.start()
    const { ann, bob, task } = await handedToAnn(world)
    const { reconcile } = world.store
    Object.assign(world.store, {
      reconcile: (input: Parameters<typeof reconcile>[0]) => {
        const settled = reconcile(input)
        void revokeClient({ store: world.store, bus: world.engine.bus, clock: world.clock }, ann.id, actor)
        return settled
      },
    })
    await comeBack(world, ann)
    assert.deepEqual([(await world.only(task.id)).state, bob.executions().length], ['assigned', 1])
  })

  it('also when the store refuses what else its client told of itself', async () => {
    await using world = await EngineWorld.start()
    const { ann, bob, task } = await handedToAnn(world)
    Object.assign(world.store, { recordReported: () => Promise.reject(refusal('STORE_UNAVAILABLE')) })
    await comeBack(world, ann)
    assert.deepEqual([(await world.only(task.id)).state, bob.executions().length], ['assigned', 1])
  })
})
