import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

const HOUR = 3_600_000
const actor = { kind: 'user', name: 'me' } as const

async function beat(world: EngineWorld, ms: number, client: ScriptedClient): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await world.clock.advance(Math.min(10_000, left))
    client.heartbeat()
  }
  await world.clock.settle()
}

/** A server that tells clients to hold for an hour, two of them, and which of them has the work that is for anyone. */
async function heldForAnHour(retryOn: 'lost' | 'timed-out', timeoutMs = 4 * HOUR) {
  const world = await EngineWorld.start(HOUR)
  const pair = [await world.client('ann'), await world.client('bob')] as const
  for (const client of pair) await client.join(world.engine.door)
  for (const client of pair) client.heartbeat()
  const retry = { maxAttempts: 2, backoffMs: 0, on: [retryOn] } as const
  const task = await world.task({ timeoutMs, deadlineMs: 8 * HOUR, retry })
  const [holder, other] = pair[0].executions().length > 0 ? pair : ([pair[1], pair[0]] as const)
  return { world, task, holder, other }
}

/** Nobody but `other` is there when the server is up again, with the shortest hold; and no brake holds anything. */
async function restartWithShortHold(world: EngineWorld, other: ScriptedClient): Promise<void> {
  await world.crashServer()
  world.holdMs = 45_000
  await world.startServer()
  await other.join(world.engine.door)
  await world.engine.brake.release(actor)
}

describe('after a restart with a shorter hold', () => {
  it('work waits as long as its client was told before, and then goes to others', async () => {
    const { world, task, other } = await heldForAnHour('lost')
    await using _ = world
    await restartWithShortHold(world, other)
    await beat(world, HOUR, other)
    assert.deepEqual([(await world.only(task.id)).state, other.executions().length], ['disconnected', 0])
    await beat(world, 300_000, other)
    assert.deepEqual([(await world.only(task.id)).state, other.executions().length], ['assigned', 1])
  })

  it('so does a next attempt, while the one before it may still run', async () => {
    const { world, task, holder, other } = await heldForAnHour('timed-out', 60_000)
    await using _ = world
    const [item] = holder.executions()
    assert.ok(item)
    const { execution, attempt, fence } = item
    holder.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
    await world.store.setDraining({ now: world.clock.wall(), actor, client: holder.id, draining: true })
    world.engine.bus.publish('client-changed', { client: holder.id })
    for (let n = 0; n < 13; n++) {
      await beat(world, 10_000, holder)
      other.heartbeat()
    }
    assert.deepEqual([(await world.only(task.id)).state, (await world.only(task.id)).attempt], ['queued', 2])
    await restartWithShortHold(world, other)
    await beat(world, HOUR, other)
    assert.equal(other.executions().length, 0)
    await beat(world, 300_000, other)
    assert.equal(other.executions().length, 1)
  })

  it('work of a client that was told the shorter one since waits for that', async () => {
    const { world, task, holder, other } = await heldForAnHour('lost')
    await using _ = world
    await restartWithShortHold(world, other)
    const [item] = holder.executions()
    assert.ok(item)
    const { execution, attempt, fence, fenceProof } = item
    await holder.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 }])
    other.heartbeat()
    holder.vanish()
    await beat(world, 60_000, other)
    assert.deepEqual([(await world.only(task.id)).state, other.executions().length], ['assigned', 1])
  })
})
