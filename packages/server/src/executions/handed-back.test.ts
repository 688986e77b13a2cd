import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ExecuteItem } from '@octopus/protocol/from-server.ts'

import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

async function beat(world: EngineWorld, ms: number, ...clients: ScriptedClient[]): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await world.clock.advance(Math.min(10_000, left))
    for (const client of clients) client.heartbeat()
  }
  await world.clock.settle()
}

function newest(client: ScriptedClient): ExecuteItem {
  const item = client.executions().at(-1)
  assert.ok(item, 'it was given nothing')
  return item
}

const keyOf = ({ execution, attempt, fence }: ExecuteItem) => ({ execution, attempt, fence })

function reject(client: ScriptedClient, reason: 'draining' | 'no-slot' | 'policy-forbids'): void {
  client.say({ type: 'rejected', executions: [{ ...keyOf(newest(client)), reason, detail: '' }] })
}

/** Two clients of alice; work for her goes to `newer`. */
async function twoOfAlice(world: EngineWorld) {
  const userId = await world.user('alice')
  const [older, newer] = [await world.client('older', 'alice'), await world.client('newer', 'alice')]
  await older.join(world.engine.door)
  await world.clock.advance(1_000)
  await newer.join(world.engine.door)
  const task = await world.task({ owner: 'user', userId, deadlineMs: 24 * HOUR })
  return { older, newer, task }
}

describe('what a user’s client hands back', () => {
  it('goes to another client of that user after the pause, when the first one leaves', async () => {
    await using world = await EngineWorld.start()
    const { older, newer } = await twoOfAlice(world)
    reject(newer, 'draining')
    await world.clock.advance(20)
    newer.say({ type: 'leaving', reason: 'stopped' })
    await beat(world, MINUTE, older)
    assert.equal(older.executions().length, 1)
  })

  it('goes to another client of that user after the pause, when the first one was given to somebody else', async () => {
    await using world = await EngineWorld.start()
    const { older, newer } = await twoOfAlice(world)
    reject(newer, 'draining')
    await world.clock.advance(20)
    const { store, engine, clock } = world
    const revision = (await store.readClient({ id: newer.id }))?.revision ?? 0
    const actor = { kind: 'user', name: 'me' } as const
    await store.changeClient({ now: clock.wall(), actor, client: newer.id, ifRevision: revision, user: null })
    engine.bus.publish('client-changed', { client: newer.id })
    await beat(world, MINUTE, older, newer)
    assert.deepEqual([older.executions().length, newer.executions().length], [1, 1])
  })

  it('goes to the newest client of that user once the first one has ended the attempt before', async () => {
    await using world = await EngineWorld.start()
    const userId = await world.user('alice')
    const first = await world.client('first', 'alice')
    await first.join(world.engine.door)
    const retry = { maxAttempts: 2, backoffMs: 0, on: ['timed-out'] } as const
    await world.task({ owner: 'user', userId, deadlineMs: 24 * HOUR, timeoutMs: MINUTE, retry })
    const overran = newest(first)
    first.say({ type: 'started', executions: [{ ...keyOf(overran), startedAt: world.clock.wall() }] })
    const second = await world.client('second', 'alice')
    await second.join(world.engine.door)
    await beat(world, 2 * MINUTE + 10_000, first, second)
    assert.deepEqual([newest(first).attempt, second.executions().length], [2, 0])
    reject(first, 'no-slot')
    await world.clock.advance(1_000)
    first.finish(overran, { end: 'timed-out', reason: 'timed-out' })
    await beat(world, MINUTE, first, second)
    assert.equal(newest(second).attempt, 2)
  })
})

describe('what nobody else may take any more', () => {
  it('is offered again to who would not do it and has come anew, also if another one had it just then', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door)
    const task = await world.task({ deadlineMs: HOUR })
    reject(ann, 'policy-forbids')
    await world.clock.advance(20)
    await bob.join(world.engine.door)
    assert.equal((await world.only(task.id)).client, bob.id)
    ann.cut()
    await world.clock.advance(20)
    await ann.join(world.engine.door)
    reject(bob, 'draining')
    await world.clock.advance(20)
    bob.say({ type: 'leaving', reason: 'stopped' })
    await beat(world, MINUTE, ann)
    assert.equal(ann.executions().length, 2)
  })

  it('is free after the hold of who may still run the attempt before, also if the next one was on its way to it', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const retry = { maxAttempts: 3, backoffMs: 0, on: ['timed-out'] } as const
    const task = await world.task({ retry, timeoutMs: MINUTE, deadlineMs: 24 * HOUR })
    const overran = newest(ann)
    ann.say({ type: 'started', executions: [{ ...keyOf(overran), startedAt: world.clock.wall() }] })
    const { handOver } = world.store
    Object.assign(world.store, {
      handOver: (plan: Parameters<typeof handOver>[0]) => {
        const answer = handOver(plan)
        ann.say({ type: 'leaving', reason: 'stopped' })
        return answer
      },
    })
    await beat(world, 2 * MINUTE + 10_000, ann)
    Object.assign(world.store, { handOver })
    const { state, attempt } = await world.only(task.id)
    assert.deepEqual([state, attempt, ann.executions().length], ['queued', 2, 1])
    const bob = await world.client('bob')
    await bob.join(world.engine.door)
    await beat(world, world.holdMs - MINUTE, bob)
    assert.equal(bob.executions().length, 0)
    await beat(world, 2 * MINUTE, bob)
    assert.equal(newest(bob).attempt, 2)
  })
})

describe('a next attempt that is read before its last one is known to have ended', () => {
  it('is not counted out of its place by that', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    const { storeResults } = world.store
    Object.assign(world.store, {
      storeResults: async (results: Parameters<typeof storeResults>[0]) => {
        const answer = await storeResults(results)
        await world.clock.after(5, new AbortController().signal)
        return answer
      },
    })
    await ann.join(world.engine.door, [], 2)
    await world.task({ retry: { maxAttempts: 2, backoffMs: 0, on: ['failed'] } })
    ann.finish(newest(ann), { end: 'failed', reason: 'exception', error: { message: '', type: '', stack: '' } })
    await world.clock.settle()
    // The loop looks at the queue for this one meanwhile.
    await world.task()
    for (let more = 0; more < 3; more++) await world.task()
    await world.clock.advance(100)
    assert.equal(world.engine.presence.slotsUsed(ann.id), 2)
    // The attempt that failed, its next one, and one other: ann has two places.
    assert.equal(ann.executions().length, 3)
  })
})
