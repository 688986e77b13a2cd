import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Ms } from '@octopus/kit/clock.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { silentLog } from '@octopus/kit/log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'

import { startEngine } from '#engine.ts'
import { verifyEd25519 } from '#node-crypto.ts'
import { createLocalStore } from '#store/sqlite/local-store.ts'
import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

const HOUR: Ms = 3_600_000
const MINUTE: Ms = 60_000

async function beat(world: EngineWorld, ms: Ms, ...clients: readonly ScriptedClient[]): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await world.clock.advance(Math.min(10_000, left))
    for (const client of clients) client.heartbeat()
  }
  await world.clock.settle()
}

function start(world: EngineWorld, client: ScriptedClient): ExecuteItem {
  const item = client.executions().at(-1)
  assert.ok(item)
  const { execution, attempt, fence } = item
  client.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
  return item
}

const held = ({ execution, attempt, fence, fenceProof }: ExecuteItem) =>
  [{ execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 }] as const

/** As an upgrade does. */
async function restart(world: EngineWorld): Promise<void> {
  await world.crashServer()
  await world.clock.advance(1_000)
  await world.startServer()
}

describe('a wall clock that was set forward before the server was restarted', () => {
  it('takes no time from what runs', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    world.clock.stepWall(2 * HOUR)
    await beat(world, MINUTE, ann)
    const task = await world.task({ owner: 'all', timeoutMs: HOUR })
    const item = start(world, ann)
    await beat(world, 5 * MINUTE, ann)
    await restart(world)
    await ann.join(world.engine.door, held(item))
    await beat(world, 5 * MINUTE, ann)
    const { state, reason } = await world.only(task.id)
    assert.deepEqual([state, reason, ann.all('cancel').length], ['running', null, 0])
    await beat(world, 52 * MINUTE, ann)
    assert.equal((await world.only(task.id)).state, 'timed-out')
  })

  it('takes no time from what its client does out of contact', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    world.clock.stepWall(8 * HOUR)
    await beat(world, MINUTE, ann)
    const task = await world.task({ owner: 'all', timeoutMs: 4 * HOUR, deadlineMs: HOUR })
    start(world, ann)
    await beat(world, MINUTE, ann)
    ann.vanish()
    await world.clock.advance(5 * MINUTE)
    await restart(world)
    await world.clock.advance(30 * MINUTE)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    await world.clock.advance(4 * HOUR)
    assert.equal((await world.only(task.id)).state, 'lost')
  })

  it('is written down for the next life also when the store refused it at first', async () => {
    await using world = await EngineWorld.start()
    const { noteSteadyAhead } = world.store
    let refused = 0
    world.store.noteSteadyAhead = async () => {
      refused += 1
      throw new Error('disk full')
    }
    world.clock.stepWall(2 * HOUR)
    await world.clock.advance(10_000)
    world.store.noteSteadyAhead = noteSteadyAhead
    await world.clock.advance(10_000)
    const again = { now: world.clock.wall(), freshServerId: '', freshSecret: '' }
    assert.deepEqual([refused, (await world.store.startServer(again)).steadyAheadMs], [1, -2 * HOUR])
  })
})

describe('a wall clock that is set while the server starts, as when its machine starts', () => {
  it('takes no time from what runs when the server is restarted later', async () => {
    await using world = await EngineWorld.start()
    await world.crashServer()
    const { databases, ids, clock, random, holdMs } = world
    world.store = createLocalStore({ databases, ids, clock, schedule: queueMicrotask })
    const { settleManifest } = world.store
    Object.assign(world.store, {
      settleManifest: async (input: Parameters<typeof settleManifest>[0]) => {
        clock.stepWall(2 * HOUR)
        Object.assign(world.store, { settleManifest })
        return settleManifest(input)
      },
    })
    const { store } = world
    world.engine = await startEngine({ store, clock, random, ids, log: silentLog, holdMs, verify: verifyEd25519 })
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await beat(world, MINUTE, ann)
    assert.equal(world.engine.steady() - clock.wall(), -2 * HOUR)
    const task = await world.task({ owner: 'all', timeoutMs: HOUR })
    const item = start(world, ann)
    await beat(world, 5 * MINUTE, ann)
    await restart(world)
    await ann.join(world.engine.door, held(item))
    await beat(world, 5 * MINUTE, ann)
    const { state, reason } = await world.only(task.id)
    assert.deepEqual([state, reason, ann.all('cancel').length], ['running', null, 0])
  })
})

describe('a wall clock that shows the past when the server starts, until somebody sets it', () => {
  it('gives what runs no more time than it has', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all', timeoutMs: HOUR, deadlineMs: HOUR })
    start(world, ann)
    await beat(world, MINUTE, ann)
    await world.crashServer()
    world.clock.stepWall(-1_000 * HOUR)
    await world.startServer()
    await world.clock.advance(5_000)
    world.clock.stepWall(1_000 * HOUR)
    await world.clock.advance(MINUTE)
    await restart(world)
    await world.clock.advance(3 * HOUR)
    assert.equal((await world.only(task.id)).state, 'lost')
  })
})

describe('a wall clock that was set back before the server was restarted', () => {
  it('by so much that ids begin anew still shows with a task the outcome of its last run', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const startAt = world.clock.wall()
    const { id: task } = await world.task({ type: 'scheduled', intervalMs: MINUTE, startAt })
    const [first] = ann.executions()
    assert.ok(first)
    ann.finish(first, { end: 'failed', reason: 'exception', error: { message: 'no', type: 'E', stack: '' } })
    await world.clock.advance(20)
    assert.equal((await world.taskNow(task)).outcome, 'failed')
    await world.crashServer()
    Object.assign(world, { ids: createUuidV7Maker(createHandClock(startAt - 48 * HOUR), world.random) })
    await world.startServer()
    await ann.join(world.engine.door)
    await beat(world, MINUTE, ann)
    const second = ann.executions().at(-1)
    assert.ok(second && second.execution < first.execution)
    ann.finish(second)
    await world.clock.advance(20)
    assert.equal((await world.taskNow(task)).outcome, 'succeeded')
  })

  it('keeps nothing running beyond its limit', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    world.clock.stepWall(-8 * HOUR)
    await beat(world, MINUTE, ann)
    const task = await world.task({ owner: 'all', timeoutMs: 10 * MINUTE })
    const item = start(world, ann)
    await beat(world, MINUTE, ann)
    await restart(world)
    await ann.join(world.engine.door, held(item))
    await beat(world, 15 * MINUTE, ann)
    assert.equal((await world.only(task.id)).state, 'timed-out')
  })

  it('keeps the next attempt from nobody when the hold of the one before is over', async () => {
    await using world = await EngineWorld.start()
    const clients = [await world.client('ann'), await world.client('bob')]
    for (const client of clients) await client.join(world.engine.door)
    world.clock.stepWall(-8 * HOUR)
    await beat(world, MINUTE, ...clients)
    const retry = { maxAttempts: 2, backoffMs: 0, on: ['timed-out'] } as const
    const task = await world.task({ timeoutMs: MINUTE, retry, deadlineMs: 24 * HOUR })
    const taker = clients.find((client) => client.executions().length > 0)
    const other = clients.find((client) => client !== taker)
    assert.ok(taker && other)
    start(world, taker)
    // It hangs, takes nothing more, and goes away before it has said that its process is gone.
    const actor = { kind: 'user', name: 'me' } as const
    await world.store.setDraining({ now: world.clock.wall(), actor, client: taker.id, draining: true })
    world.engine.bus.publish('client-changed', { client: taker.id })
    await beat(world, 130_000, ...clients)
    const { state, attempt } = await world.only(task.id)
    assert.deepEqual([state, attempt], ['queued', 2])
    taker.vanish()
    await beat(world, 40_000, other)
    await restart(world)
    await other.join(world.engine.door)
    await beat(world, 10 * MINUTE, other)
    assert.equal(other.executions()[0]?.attempt, 2)
  })
})
