import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

import { deleteClient, deletePlugin, deleteTask, type DeleteNeeds } from './delete-things.ts'
import { restoreClient } from './restore-things.ts'

async function beat(world: EngineWorld, ms: number, clients: readonly ScriptedClient[]): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await world.clock.advance(Math.min(10_000, left))
    for (const client of clients) client.heartbeat()
  }
  await world.clock.settle()
}

const actor = { kind: 'user', name: 'ann' } as const
const needsOf = ({ store, clock, engine }: EngineWorld): DeleteNeeds => ({ store, clock, bus: engine.bus })

describe('what has work', () => {
  it('is not deleted while it is in hand: the client, the task, the plugin', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all' })
    const needs = needsOf(world)
    await assert.rejects(deleteClient(needs, ann.id, actor), {
      code: 'STILL_AT_WORK',
      message: /"ann" still has 1 exec/,
    })
    await assert.rejects(deleteTask(needs, task.id, actor), { code: 'STILL_AT_WORK' })
    await assert.rejects(deletePlugin(needs, 'p', actor), { code: 'PLUGIN_IN_USE' })
    const [item] = ann.executions()
    assert.ok(item)
    ann.finish(item)
    await world.clock.advance(50)
    await deleteTask(needs, task.id, actor)
    const { runId: run } = await world.detail(item.execution)
    const retried = await world.store.retryRun({ now: world.clock.wall(), actor, run, execution: item.execution })
    assert.equal(retried.outcome, 'nothing', 'what is deleted is not tried again')
    await deletePlugin(needs, 'p', actor)
    await deleteClient(needs, ann.id, actor)
    assert.equal((await world.detail(item.execution)).state, 'succeeded', 'history stays')
  })

  it('keeps its plugin as long as executions wait', async () => {
    await using world = await EngineWorld.start()
    const user = await world.user('bob')
    const bob = await world.client('bob', 'bob')
    const task = await world.task({ owner: 'user', userId: user })
    assert.equal((await world.only(task.id)).state, 'queued')
    await assert.rejects(deletePlugin(needsOf(world), 'p', actor), { code: 'PLUGIN_IN_USE' })
    await bob.join(world.engine.door)
    assert.equal(bob.executions().length, 1)
  })
})

describe('a client that is deleted', () => {
  it('is told, gets nothing any more, and works again when it is restored', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door)
    await bob.join(world.engine.door)
    await deleteClient(needsOf(world), ann.id, actor)
    await world.clock.advance(50)
    assert.equal(ann.last('refused').code, 'unknown-client')
    const task = await world.task({ owner: 'all' })
    assert.deepEqual(
      (await world.executions(task.id)).map(({ slot }) => slot.value),
      [bob.id],
    )
    ann.connect(world.engine.door)
    ann.hello()
    await world.clock.advance(4_000)
    assert.equal(ann.last('refused').code, 'unknown-client')
    await restoreClient(needsOf(world), ann.id, actor)
    await ann.join(world.engine.door)
    const later = await world.task({ owner: 'all' })
    assert.equal((await world.executions(later.id)).length, 2)
  })

  it('leaves nothing waiting that only it could do', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door, [], 1)
    const first = await world.task({ owner: 'all' })
    const second = await world.task({ owner: 'all' })
    const [item] = ann.executions()
    assert.ok(item)
    await world.store.setDraining({ now: world.clock.wall(), actor, client: ann.id, draining: true })
    world.engine.bus.publish('client-changed', { client: ann.id })
    await world.clock.settle()
    ann.finish(item)
    await world.clock.advance(50)
    assert.equal((await world.only(second.id)).state, 'queued')
    await deleteClient(needsOf(world), ann.id, actor)
    await world.clock.advance(50)
    const ended = await world.only(second.id)
    assert.deepEqual([ended.state, ended.reason], ['cancelled', 'client-deleted'])
    assert.deepEqual(
      [(await world.taskNow(first.id)).status, (await world.taskNow(second.id)).status],
      ['completed', 'completed'],
    )
  })
})

describe('an attempt that nobody has seen end', () => {
  const MINUTE = 60_000
  /** Eve's attempt ran beyond its time; the next one waits for her alone, with ann beside her. */
  async function unproven(world: EngineWorld) {
    const [eve, ann] = [await world.client('eve'), await world.client('ann')]
    await eve.join(world.engine.door)
    const task = await world.task({
      timeoutMs: MINUTE,
      deadlineMs: 24 * 60 * MINUTE,
      retry: { maxAttempts: 2, backoffMs: 30_000, on: ['timed-out'] },
    })
    const [item] = eve.executions()
    assert.ok(item)
    const { execution, attempt, fence } = item
    eve.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
    await beat(world, 2 * MINUTE + 10_000, [eve])
    await ann.join(world.engine.door)
    eve.heartbeat()
    assert.deepEqual([(await world.only(task.id)).state, (await world.only(task.id)).attempt], ['queued', 2])
    return { eve, ann, task }
  }

  it('is waited for until the hold of its client has ended, when that is deleted', async () => {
    await using world = await EngineWorld.start()
    const { eve, ann, task } = await unproven(world)
    await deleteClient(needsOf(world), eve.id, actor)
    await beat(world, 110_000, [ann])
    assert.equal((await world.only(task.id)).state, 'queued')
    await beat(world, 3 * MINUTE, [ann])
    assert.deepEqual([(await world.only(task.id)).state, ann.executions().length], ['assigned', 1])
  })

  it('is waited for no longer when the server dies in that moment', async () => {
    await using world = await EngineWorld.start()
    const { eve, ann, task } = await unproven(world)
    await world.store.deleteClient({ now: world.clock.wall(), actor, client: eve.id })
    await world.crashServer()
    await world.startServer()
    await ann.join(world.engine.door)
    await beat(world, 4 * MINUTE, [ann])
    assert.deepEqual([(await world.only(task.id)).state, ann.executions().length], ['assigned', 1])
  })
})

describe('slots that were limited here', () => {
  it('count at once, down and up again', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door, [], 4)
    const limit = async (slotsLimit: number | null): Promise<void> => {
      const { revision } = (await world.store.readClient({ id: ann.id })) ?? { revision: 0 }
      const change = { now: world.clock.wall(), actor, client: ann.id, ifRevision: revision, slotsLimit }
      assert.equal((await world.store.changeClient(change)).outcome, 'changed')
      world.engine.bus.publish('client-changed', { client: ann.id })
      await world.clock.advance(20)
    }
    await limit(1)
    for (let n = 0; n < 4; n += 1) await world.task()
    assert.equal(ann.executions().length, 1)
    await limit(3)
    assert.equal(ann.executions().length, 3)
    await limit(null)
    assert.equal(ann.executions().length, 4)
  })
})

leakCheck()
