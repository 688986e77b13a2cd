import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ExecuteItem } from '@octopus/protocol/from-server.ts'

import { setWorkStopped } from '#tasks/stop-work.ts'
import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

import { cancelWork } from './cancel-work.ts'

const HOUR = 3_600_000
const failed = { end: 'failed', reason: 'exception', error: { message: 'no', type: 'E', stack: '' } } as const

async function beat(world: EngineWorld, ms: number, client: ScriptedClient): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await world.clock.advance(Math.min(10_000, left))
    client.heartbeat()
  }
  await world.clock.settle()
}

const newest = (client: ScriptedClient): ExecuteItem => client.executions().at(-1) as ExecuteItem

function start(world: EngineWorld, client: ScriptedClient): void {
  const { execution, attempt, fence } = newest(client)
  client.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
}

/** Out of contact for long enough to be noticed, and back with what it holds. */
async function loseContact(world: EngineWorld, client: ScriptedClient): Promise<void> {
  const { execution, attempt, fence, fenceProof } = newest(client)
  client.vanish()
  await world.clock.advance(60_000)
  await client.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 }])
}

describe('a wall clock that is set back', () => {
  for (const how of ['while the server is up', 'while it is down'] as const) {
    it(`keeps nothing waiting that was ordered for at once, as soon as work goes on: ${how}`, async () => {
      await using world = await EngineWorld.start()
      const actor = { kind: 'user', name: 'me' } as const
      const stop = (stopped: boolean): Promise<void> =>
        setWorkStopped({ store: world.store, bus: world.engine.bus, clock: world.clock }, stopped, actor)
      await stop(true)
      const startAt = world.clock.wall() + HOUR
      const [ordered, later] = [await world.task(), await world.task({ startAt })]
      if (how === 'while it is down') await world.crashServer()
      world.clock.stepWall(-8 * HOUR)
      if (how === 'while it is down') await world.startServer()
      await world.clock.advance(20_000)
      await stop(false)
      await world.clock.advance(20_000)
      assert.deepEqual([(await world.executions(ordered.id)).length, (await world.executions(later.id)).length], [1, 0])
    })
  }

  it('keeps what is queued from nobody', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    const task = await world.task()
    world.clock.stepWall(-HOUR)
    await ann.join(world.engine.door)
    assert.equal((await world.only(task.id)).state, 'assigned')
  })

  it('keeps nobody waiting for the end of what was queued when it was set back', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ deadlineMs: 60_000, timeoutMs: 60_000 })
    start(world, ann)
    await beat(world, 10_000, ann)
    world.clock.stepWall(-HOUR)
    await beat(world, 180_000, ann)
    assert.deepEqual(
      [(await world.only(task.id)).state, (await world.only(task.id)).reason],
      ['timed-out', 'server-limit'],
    )
  })

  it('lengthens no pause between attempts', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task({ retry: { maxAttempts: 2, backoffMs: 10_000, on: ['failed'] } })
    ann.finish(newest(ann), failed)
    await world.clock.advance(20)
    world.clock.stepWall(-HOUR)
    await beat(world, 30_000, ann)
    assert.deepEqual(
      ann.executions().map(({ attempt }) => attempt),
      [1, 2],
    )
  })

  it('lengthens no pause after a rejection', async () => {
    for (const owner of ['anyone', 'all'] as const) {
      await using world = await EngineWorld.start()
      const ann = await world.client('ann')
      await ann.join(world.engine.door)
      await world.task({ owner })
      const { execution, attempt, fence } = newest(ann)
      ann.say({ type: 'rejected', executions: [{ execution, attempt, fence, reason: 'no-slot', detail: '' }] })
      await world.clock.advance(20)
      world.clock.stepWall(-HOUR)
      await beat(world, 50_000, ann)
      assert.equal(ann.executions().length, 2, owner)
    }
  })

  it('while the server is down lengthens no pause either', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task({ retry: { maxAttempts: 2, backoffMs: 10_000, on: ['failed'] } })
    ann.finish(newest(ann), failed)
    await world.clock.advance(20)
    await world.crashServer()
    world.clock.stepWall(-HOUR)
    await world.startServer()
    await ann.join(world.engine.door)
    await beat(world, 20_000, ann)
    assert.equal(ann.executions().at(-1)?.attempt, 2)
  })

  it('shortens no pause that is not over', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task({ retry: { maxAttempts: 2, backoffMs: 100_000, on: ['failed'] } })
    ann.finish(newest(ann), failed)
    await world.clock.advance(20)
    world.clock.stepWall(-HOUR)
    await beat(world, 90_000, ann)
    assert.equal(ann.executions().length, 1)
    await beat(world, 30_000, ann)
    assert.equal(ann.executions().length, 2)
  })
})

describe('a wall clock that is set forward', () => {
  for (const owner of ['all', 'anyone'] as const) {
    it(`takes no time from what runs for ${owner}, be it out of contact and back`, async () => {
      await using world = await EngineWorld.start()
      const ann = await world.client('ann')
      await ann.join(world.engine.door)
      const task = await world.task({ owner, timeoutMs: HOUR })
      start(world, ann)
      await beat(world, 60_000, ann)
      world.clock.stepWall(2 * HOUR)
      await beat(world, 30_000, ann)
      await loseContact(world, ann)
      assert.equal((await world.only(task.id)).state, 'running')
      await beat(world, HOUR - 200_000, ann)
      assert.equal((await world.only(task.id)).state, 'running')
      await beat(world, 200_000, ann)
      assert.equal((await world.only(task.id)).state, 'timed-out')
    })
  }
})

describe('what is made after a wall clock was set back', () => {
  it('is found by its time', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    world.clock.stepWall(-8 * HOUR)
    await beat(world, 20_000, ann)
    const { id: task } = await world.task()
    const made = world.clock.wall()
    const subject = 'the brake'
    await world.store.recordAudit({
      now: made,
      actor: { kind: 'user', name: 'me' },
      action: 'x',
      subject,
      details: '{}',
    })
    const page = { limit: 10, after: null, filter: { from: made - 60_000, to: made + 60_000 } }
    const runs = await world.store.listRuns(page)
    const executions = await world.store.listExecutions(page)
    const audit = await world.store.listAudit({ ...page, filter: { ...page.filter, subject } })
    assert.deepEqual([...runs.items, ...executions.items].length, 2)
    assert.deepEqual([(await world.only(task)).id, audit.items.length], [executions.items[0]?.id, 1])
  })
})

describe('a wall clock that is set while the server is down', () => {
  it('moves no end of hold that a cancel waits for', async () => {
    for (const step of [HOUR, -HOUR]) {
      await using world = await EngineWorld.start()
      const userId = await world.user('ann')
      const ann = await world.client('ann', 'ann')
      await ann.join(world.engine.door)
      const task = await world.task({ owner: 'user', userId, onDisconnect: 'stop' })
      ann.vanish()
      await world.clock.advance(35_000)
      await world.crashServer()
      world.clock.stepWall(step)
      await world.startServer()
      const needs = { store: world.store, bus: world.engine.bus, clock: world.clock }
      await cancelWork(needs, { task: task.id }, { kind: 'user', name: 'me' })
      await world.clock.advance(120_000)
      assert.equal((await world.only(task.id)).state, 'disconnected', `${step}`)
      await world.clock.advance(10_000)
      assert.equal((await world.only(task.id)).reason, 'unconfirmed', `${step}`)
    }
  })
})
