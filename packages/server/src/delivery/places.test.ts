import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { refusal } from '@octopus/protocol/errors.ts'

import { changeClient } from '#clients/manage-client.ts'
import { EngineWorld } from '#testing/engine-world.ts'

describe('the places of a client', () => {
  it('are taken by what it still holds when it comes back, also where the server allows fewer than it offers', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door, [], 2)
    const needs = { store: world.store, bus: world.engine.bus, clock: world.clock }
    const revision = (await world.store.readClient({ id: ann.id }))?.revision ?? 0
    await changeClient(needs, { client: ann.id, revision }, { slotsLimit: 1 }, { kind: 'user', name: 'me' })
    await world.clock.advance(20)
    await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    const { execution, attempt, fence, fenceProof } = item
    ann.cut()
    await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 }], 2)
    await world.task()
    await world.clock.advance(100)
    assert.equal(ann.executions().length, 1)
    ann.finish(item)
    await world.clock.advance(100)
    assert.equal(ann.executions().length, 2)
  })

  it('are free again when the store could not commit what was to take them', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door, [], 1)
    const { handOver } = world.store
    let tries = 0
    Object.assign(world.store, {
      handOver: (plan: Parameters<typeof handOver>[0]) =>
        ++tries === 1 ? Promise.reject(refusal('STORE_UNAVAILABLE')) : handOver(plan),
    })
    await world.task()
    assert.deepEqual([tries, ann.executions().length], [1, 0])
    await world.clock.advance(2_000)
    assert.equal(ann.executions().length, 1)
  })
})
