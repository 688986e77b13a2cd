import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { refusal } from '@octopus/protocol/errors.ts'

import { deleteClient } from '#deleting/delete-things.ts'
import { cancelWork } from '#executions/cancel-work.ts'
import { EngineWorld } from '#testing/engine-world.ts'

import { revokeClient } from './manage-client.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const actor = { kind: 'user', name: 'me' } as const
const needsOf = ({ store, clock, engine }: EngineWorld) => ({ store, clock, bus: engine.bus })

/** Ann runs what may continue out of contact, and waits with what she has no place for. */
async function annAtWork(world: EngineWorld) {
  const ann = await world.client('ann')
  await ann.join(world.engine.door, [], 1)
  const running = await world.task({ owner: 'all', timeoutMs: 7 * DAY })
  const [item] = ann.executions()
  assert.ok(item)
  const { execution, attempt, fence } = item
  ann.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
  const waiting = await world.task({ owner: 'all', deadlineMs: DAY })
  assert.equal((await world.only(waiting.id)).state, 'queued')
  return { ann, running, waiting }
}

describe('a client that is revoked', () => {
  it('leaves nothing waiting that only it could do', async () => {
    await using world = await EngineWorld.start()
    const { ann, waiting } = await annAtWork(world)
    await revokeClient(needsOf(world), ann.id, actor)
    await world.clock.advance(50)
    const { state, reason } = await world.only(waiting.id)
    assert.deepEqual([state, reason], ['cancelled', 'client-revoked'])
    assert.equal((await world.taskNow(waiting.id)).status, 'completed')
  })

  for (const how of ['is handed back', 'fails, and is to be tried again', 'was never sent'] as const) {
    it(`gets nothing back to its queue of what ${how} in the same moment`, async () => {
      await using world = await EngineWorld.start()
      const ann = await world.client('ann')
      await ann.join(world.engine.door, [], 1)
      const { handOver } = world.store
      if (how === 'was never sent') {
        Object.assign(world.store, {
          handOver: async (plan: Parameters<typeof handOver>[0]) => {
            const answer = await handOver(plan)
            await revokeClient(needsOf(world), ann.id, actor)
            return answer
          },
        })
      }
      const retry = { maxAttempts: 3, backoffMs: 0, on: ['failed'] } as const
      const task = await world.task({ owner: 'all', deadlineMs: DAY, retry })
      const [item] = ann.executions()
      if (item) {
        const { execution, attempt, fence } = item
        const rejected = { execution, attempt, fence, reason: 'no-slot', detail: '' } as const
        const revoked = world.store.revokeClient({ now: world.clock.wall(), actor, client: ann.id })
        if (how === 'is handed back') ann.say({ type: 'rejected', executions: [rejected] })
        else ann.finish(item, { end: 'failed', reason: 'exception', error: { message: '', type: '', stack: '' } })
        await revoked
        await world.clock.advance(20)
        world.engine.bus.publish('client-revoked', { client: ann.id })
      }
      assert.equal(item === undefined, how === 'was never sent')
      await world.clock.advance(1_000)
      assert.equal(
        (await world.only(task.id)).state,
        how === 'fails, and is to be tried again' ? 'failed' : 'cancelled',
      )
      assert.equal((await world.taskNow(task.id)).status, 'completed')
    })
  }

  for (const end of ['the store refuses', 'the server dies'] as const) {
    it(`leaves nothing waiting that only it could do, more than one transaction cancels, though ${end} in the middle`, async () => {
      await using world = await EngineWorld.start()
      const { store, clock } = world
      const ann = await world.client('ann')
      await ann.join(world.engine.door, [], 1)
      const { id: task } = await world.task({ owner: 'all', deadlineMs: DAY })
      for (let n = 0; n < 1_200; n++) {
        await store.runTask({ now: clock.wall(), actor, task, argsJson: null, kwargsJson: null })
      }
      const [item] = ann.executions()
      assert.ok(item)
      ann.finish(item)
      ann.say({ type: 'leaving', reason: 'shut down' })
      await clock.advance(20)
      const { revokeClient: verb } = store
      let calls = 0
      Object.assign(store, {
        revokeClient: (input: Parameters<typeof verb>[0]) =>
          ++calls === 1 ? verb(input) : Promise.reject(refusal('STORE_UNAVAILABLE')),
      })
      await assert.rejects(revokeClient(needsOf(world), ann.id, actor))
      assert.equal((await world.taskNow(task)).counts.queued, 700)
      if (end === 'the server dies') {
        await world.crashServer()
        await world.startServer()
      }
      await clock.advance(MINUTE)
      const { counts, status } = await world.taskNow(task)
      assert.deepEqual([counts.queued, counts.cancelled, status], [0, 1_200, 'completed'])
    })
  }

  for (const order of ['before', 'after'] as const) {
    it(`keeps nobody waiting beyond its hold for what was cancelled ${order} that, and can be deleted then`, async () => {
      await using world = await EngineWorld.start()
      const { ann, running } = await annAtWork(world)
      const cancel = (): Promise<number> => cancelWork(needsOf(world), { task: running.id }, actor)
      if (order === 'before') await cancel()
      await revokeClient(needsOf(world), ann.id, actor)
      await world.clock.advance(50)
      if (order === 'after') await cancel()
      await assert.rejects(deleteClient(needsOf(world), ann.id, actor), { code: 'STILL_AT_WORK' })
      await world.clock.advance(world.holdMs + MINUTE)
      const { state, reason } = await world.only(running.id)
      assert.deepEqual([state, reason], ['cancelled', 'unconfirmed'])
      await deleteClient(needsOf(world), ann.id, actor)
    })
  }

  it('that was out of contact already keeps nobody waiting for what was cancelled before', async () => {
    await using world = await EngineWorld.start()
    const { ann, running } = await annAtWork(world)
    ann.say({ type: 'leaving', reason: 'stopped' })
    await world.clock.advance(world.holdMs + MINUTE)
    await cancelWork(needsOf(world), { task: running.id }, actor)
    await world.clock.advance(MINUTE)
    assert.equal((await world.only(running.id)).state, 'disconnected')
    await revokeClient(needsOf(world), ann.id, actor)
    await world.clock.advance(1_000)
    assert.equal((await world.only(running.id)).state, 'cancelled')
  })
})
