import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { EngineWorld } from '#testing/engine-world.ts'

import { cancelWork } from './cancel-work.ts'

describe('what waits for its turn in a slot', () => {
  it('begins when the one before is cancelled in its pause before a next attempt', async () => {
    await using world = await EngineWorld.start()
    const actor = { kind: 'user', name: 'me' } as const
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all', retry: { maxAttempts: 2, backoffMs: 600_000, on: ['failed'] } })
    const [first] = ann.executions()
    assert.ok(first)
    ann.finish(first, { end: 'failed', reason: 'exception', valueJson: null })
    await world.clock.advance(50)
    const order = { now: world.clock.wall(), actor, task: task.id, argsJson: null, kwargsJson: null }
    const made = await world.store.runTask(order)
    assert.ok(made)
    world.engine.bus.publish('touched', made.touched)
    await world.clock.advance(50)
    assert.equal(ann.executions().length, 1)
    const needs = { store: world.store, bus: world.engine.bus, clock: world.clock }
    await cancelWork(needs, { execution: first.execution }, actor)
    await world.clock.advance(50)
    assert.equal(ann.executions().length, 2)
  })

  it('begins when the one that it replaces has been asked to end, and has ended', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const startAt = world.clock.wall() + 1_000
    await world.task({ type: 'scheduled', startAt, intervalMs: 20_000, overlap: 'cancel-previous' })
    await world.clock.advance(2_000)
    const [first] = ann.executions()
    assert.ok(first)
    const { execution, attempt, fence } = first
    ann.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
    ann.heartbeat()
    await world.clock.advance(20_000)
    assert.deepEqual(
      ann.all('cancel').flatMap(({ executions }) => executions),
      [{ execution, attempt, fence, reason: 'cancelled', ifNotStarted: false }],
    )
    assert.equal(ann.executions().length, 1)
    ann.finish(first, { end: 'cancelled', reason: 'cancelled', valueJson: null })
    await world.clock.advance(100)
    assert.equal(ann.executions().length, 2)
  })
})
