import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'
import type { RetryEnd } from '@octopus/protocol/work.ts'

import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

import { cancelWork } from './cancel-work.ts'

const retry = (maxAttempts: number, backoffMs: number, ...on: RetryEnd[]) => ({ maxAttempts, backoffMs, on })
const failed = { end: 'failed', reason: 'exception', error: { message: 'no', type: 'E', stack: '' } } as const

/** The newest thing that a client was told to do. */
function newest(client: ScriptedClient): ExecuteItem {
  const item = client.executions().at(-1)
  assert.ok(item, 'it was given nothing')
  return item
}

async function attemptsOf(world: EngineWorld, task: TaskId) {
  const detail = await world.detail((await world.only(task)).id)
  return detail.attempts.map(({ attempt, end, reason, proved, clientName }) => [
    attempt,
    end,
    reason,
    proved,
    clientName,
  ])
}

/** Time passes while the client goes on being heard. */
async function beat(world: EngineWorld, ms: number, ...clients: ScriptedClient[]): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await world.clock.advance(Math.min(10_000, left))
    for (const client of clients) client.heartbeat()
  }
  await world.clock.settle()
}

function say(client: ScriptedClient, world: EngineWorld, item: ExecuteItem): void {
  const { execution, attempt, fence } = item
  client.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
}

function entry(item: ExecuteItem, phase: 'held' | 'started' | 'ended') {
  const { execution, attempt, fence, fenceProof } = item
  return { execution, attempt, fence, fenceProof, phase, outputBytes: 0 } as const
}

describe('trying again', () => {
  it('follows a failure after its pause, goes to another client, and keeps the earlier attempt', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door)
    await bob.join(world.engine.door)
    const task = await world.task({ retry: retry(3, 5_000, 'failed') })
    const [first, second] = ann.executions().length > 0 ? [ann, bob] : [bob, ann]
    const item = newest(first)
    first.finish(item, failed)
    await world.clock.advance(4_900)
    const queued = await world.only(task.id)
    assert.deepEqual([queued.state, queued.attempt, second.executions().length], ['queued', 2, 0])
    await world.clock.advance(200)
    const again = newest(second)
    assert.deepEqual([again.execution, again.attempt], [item.execution, 2])
    assert.ok(again.fence > item.fence)
    first.finish(item, failed)
    second.finish(again)
    await world.clock.advance(20)
    assert.equal(first.all('acknowledge').at(-1)?.results[0]?.disposition, 'duplicate')
    const done = await world.detail(item.execution)
    assert.deepEqual([done.state, done.attempt, done.result?.valueJson], ['succeeded', 2, '"done"'])
    assert.deepEqual(done.attempts[0]?.result?.error, failed.error)
    assert.equal((await world.taskNow(task.id)).outcome, 'succeeded')
  })

  it('never goes beyond the number of attempts, and ends as the last one did', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ retry: retry(3, 0, 'failed') })
    for (let n = 0; n < 3; n++) {
      ann.finish(newest(ann), failed)
      await world.clock.advance(50)
    }
    assert.equal(ann.executions().length, 3)
    const done = await world.only(task.id)
    assert.deepEqual([done.state, done.attempt], ['failed', 3])
    assert.equal((await attemptsOf(world, task.id)).length, 2)
  })

  it('is barred by a cancel at once, whether the next attempt waits or the last one still ends', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const actor = { kind: 'user', name: 'me' } as const
    const waiting = await world.task({ retry: retry(3, 60_000, 'failed') })
    ann.finish(newest(ann), failed)
    await world.clock.advance(50)
    await world.store.requestCancel({ now: world.clock.wall(), actor, target: { task: waiting.id } })
    assert.equal((await world.only(waiting.id)).state, 'cancelled')
    for (const what of ['task', 'execution'] as const) {
      const ending = await world.task({ retry: retry(3, 0, 'failed') })
      const { id } = await world.only(ending.id)
      const target = what === 'task' ? { task: ending.id } : { execution: id }
      await world.store.requestCancel({ now: world.clock.wall(), actor, target })
      ann.finish(newest(ann), failed)
      await world.clock.advance(50)
      assert.equal((await world.only(ending.id)).state, 'failed', what)
    }
  })

  it('takes the end of the last attempt when its deadline comes first, with its result', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ retry: retry(3, 5_000, 'failed'), deadlineMs: 10_000 })
    const item = newest(ann)
    ann.finish(item, failed)
    await world.clock.advance(50)
    ann.say({ type: 'leaving', reason: 'off' })
    await world.clock.advance(11_000)
    const done = await world.detail((await world.only(task.id)).id)
    assert.deepEqual([done.state, done.reason, done.attempt, done.client], ['failed', 'exception', 1, ann.id])
    assert.deepEqual([done.result?.error, done.attempts], [failed.error, []])
    assert.equal((await world.taskNow(task.id)).outcome, 'failed')
  })

  it('does not begin where the pause would end after the deadline', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ retry: retry(3, 20_000, 'failed'), deadlineMs: 10_000 })
    ann.finish(newest(ann), failed)
    await world.clock.advance(50)
    assert.equal((await world.only(task.id)).state, 'failed')
  })

  it('begins at its time also when the server was restarted in between', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task({ retry: retry(2, 600_000, 'failed') })
    ann.finish(newest(ann), failed)
    await world.clock.advance(50)
    await world.crashServer()
    await world.startServer()
    await ann.join(world.engine.door)
    await beat(world, 590_000, ann)
    assert.equal(ann.executions().length, 1)
    await beat(world, 20_000, ann)
    assert.equal(ann.executions().length, 2)
  })
})

describe('an attempt that the server ended alone', () => {
  /** An execution whose client lives and does not end it, tried again. */
  async function overrun(
    world: EngineWorld,
    clients: readonly ScriptedClient[],
    owner: 'anyone' | 'user',
    changes: { readonly onDisconnect?: 'continue' } = {},
  ) {
    const userId = owner === 'user' ? ((await world.store.readUser({ name: 'alice' }))?.id ?? null) : null
    const task = await world.task({ owner, userId, timeoutMs: 5_000, retry: retry(2, 0, 'timed-out'), ...changes })
    const holder = clients.find((client) => client.executions().length > 0)
    assert.ok(holder)
    const item = newest(holder)
    say(holder, world, item)
    await beat(world, 70_000, ...clients)
    assert.equal((await attemptsOf(world, task.id))[0]?.[3], false, 'nobody has seen its process end')
    return { task, holder, item }
  }

  it('is what its client is told to end, because its time is over', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door, [], 1)
    const { item } = await overrun(world, [ann], 'anyone')
    const { execution, attempt, fence } = item
    assert.deepEqual(
      ann.all('cancel').flatMap(({ executions }) => executions),
      [{ execution, attempt, fence, reason: 'timed-out', ifNotStarted: false }],
    )
  })

  it('is tried again by the same client only, until that client says that it is gone', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door, [], 1)
    await bob.join(world.engine.door, [], 1)
    const { task, holder, item } = await overrun(world, [ann, bob], 'anyone')
    const other = holder === ann ? bob : ann
    assert.equal(other.executions().length, 0)
    assert.deepEqual([newest(holder).attempt, newest(holder).execution], [2, item.execution])
    assert.equal((await world.only(task.id)).state, 'assigned')
  })

  it('goes to another client once its result has come, which is kept as late', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door, [], 1)
    await bob.join(world.engine.door, [], 1)
    const { task, holder, item } = await overrun(world, [ann, bob], 'anyone')
    const other = holder === ann ? bob : ann
    // It has no room: what it still runs fills its slot.
    const { execution, attempt, fence } = newest(holder)
    holder.say({ type: 'rejected', executions: [{ execution, attempt, fence, reason: 'no-slot', detail: '' }] })
    await world.clock.advance(20)
    assert.equal(other.executions().length, 0)
    holder.finish(item, { end: 'timed-out', reason: 'timed-out' })
    await world.clock.advance(20)
    assert.equal(holder.last('acknowledge').results[0]?.disposition, 'late')
    assert.equal(newest(other).execution, execution)
    assert.equal((await world.only(task.id)).client, other.id)
  })

  it('goes to another client when the hold of the first one has ended, if it is for anyone and stops', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door, [], 1)
    await bob.join(world.engine.door, [], 1)
    const { holder } = await overrun(world, [ann, bob], 'anyone')
    const other = holder === ann ? bob : ann
    const { execution, attempt, fence } = newest(holder)
    holder.say({ type: 'rejected', executions: [{ execution, attempt, fence, reason: 'no-slot', detail: '' }] })
    await world.clock.advance(20)
    holder.say({ type: 'leaving', reason: 'off' })
    await beat(world, 120_000, other)
    assert.equal(other.executions().length, 0)
    await beat(world, 20_000, other)
    assert.equal(newest(other).execution, execution)
  })

  it('goes to no other client with the end of hold if it goes on out of contact', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door, [], 1)
    await bob.join(world.engine.door, [], 1)
    const { task, holder } = await overrun(world, [ann, bob], 'anyone', { onDisconnect: 'continue' })
    const other = holder === ann ? bob : ann
    const { execution, attempt, fence } = newest(holder)
    holder.say({ type: 'rejected', executions: [{ execution, attempt, fence, reason: 'no-slot', detail: '' }] })
    await world.clock.advance(20)
    holder.say({ type: 'leaving', reason: 'off' })
    await beat(world, 200_000, other)
    assert.deepEqual([(await world.only(task.id)).state, other.executions().length], ['queued', 0])
  })

  it("stays on the same PC of a user, though the user's other PC came later", async () => {
    await using world = await EngineWorld.start()
    await world.user('alice')
    const [old, fresh] = [await world.client('old', 'alice'), await world.client('new', 'alice')]
    await old.join(world.engine.door, [], 1)
    const { holder } = await overrun(world, [old], 'user')
    assert.equal(holder, old)
    await fresh.join(world.engine.door, [], 1)
    assert.equal(fresh.executions().length, 0)
    assert.equal(newest(old).attempt, 2)
  })

  it('is free for anybody when the inventory of its client does not list it any more', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door, [], 1)
    await bob.join(world.engine.door, [], 1)
    const { holder, item } = await overrun(world, [ann, bob], 'anyone')
    const other = holder === ann ? bob : ann
    const again = newest(holder)
    holder.answersPings = false
    // The older one is still being ended; the newer one never arrived.
    await holder.join(world.engine.door, [entry(item, 'started')], 1)
    assert.equal(holder.last('reconciled').attempts[0]?.verdict, 'stop')
    assert.equal(other.executions().length, 0)
    const { execution, attempt, fence } = newest(holder)
    assert.ok(fence > again.fence)
    holder.say({ type: 'rejected', executions: [{ execution, attempt, fence, reason: 'no-slot', detail: '' }] })
    await world.clock.advance(20)
    await holder.join(world.engine.door, [], 1)
    // Its own pause after the rejection is not over; another client need not wait for it.
    assert.equal(newest(other).execution, execution)
  })
})

describe('work out of contact', () => {
  it('for anyone that stops is given to another client after the hold, if the task says that it does no harm', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door, [], 1)
    const task = await world.task({ retry: retry(2, 0, 'lost') })
    const item = newest(ann)
    await bob.join(world.engine.door, [], 1)
    ann.vanish()
    await beat(world, 120_000, bob)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    await beat(world, 20_000, bob)
    assert.deepEqual([newest(bob).execution, newest(bob).attempt], [item.execution, 2])
    assert.deepEqual(await attemptsOf(world, task.id), [[1, 'lost', 'hold-ended', true, 'ann']])
    await ann.join(world.engine.door, [entry(item, 'ended')], 1)
    ann.finish(item)
    await world.clock.advance(20)
    assert.equal(ann.last('acknowledge').results[0]?.disposition, 'late')
    bob.finish(newest(bob))
    await world.clock.advance(20)
    assert.equal((await world.taskNow(task.id)).outcome, 'succeeded')
  })

  it('that goes on is waited for, also when it is for anyone, and nobody else gets it', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door, [], 1)
    const task = await world.task({ onDisconnect: 'continue', retry: retry(2, 0, 'lost') })
    const item = newest(ann)
    assert.equal(item.onDisconnect, 'continue')
    say(ann, world, item)
    await bob.join(world.engine.door, [], 1)
    ann.vanish()
    await beat(world, 600_000, bob)
    assert.deepEqual([(await world.only(task.id)).state, bob.executions().length], ['disconnected', 0])
    await ann.join(world.engine.door, [entry(item, 'ended')], 1)
    ann.finish(item)
    await world.clock.advance(20)
    assert.equal((await world.taskNow(task.id)).outcome, 'succeeded')
  })

  it('for all that stops is waited for beyond the hold: nobody else can have it, and its end will be told', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all', onDisconnect: 'stop', retry: retry(2, 0, 'lost') })
    const item = newest(ann)
    ann.vanish()
    await world.clock.advance(200_000)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    await ann.join(world.engine.door, [entry(item, 'ended')])
    ann.finish(item, { end: 'lost', reason: 'stopped-on-disconnect' })
    await world.clock.advance(20)
    assert.equal(newest(ann).attempt, 2)
  })

  it('that somebody cancels ends with the hold when it stops, confirmed or not', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all', onDisconnect: 'stop' })
    ann.vanish()
    await world.clock.advance(60_000)
    const actor = { kind: 'user', name: 'me' } as const
    const asked = await world.store.requestCancel({ now: world.clock.wall(), actor, target: { task: task.id } })
    world.engine.bus.publish('touched', asked.touched)
    await world.clock.advance(60_000)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    await world.clock.advance(10_000)
    const done = await world.only(task.id)
    assert.deepEqual([done.state, done.reason], ['cancelled', 'unconfirmed'])
  })

  it('that somebody cancels ends only at its end time when it goes on, confirmed by nobody', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({
      owner: 'all',
      onDisconnect: 'continue',
      deadlineMs: 60_000,
      timeoutMs: 120_000,
    })
    ann.vanish()
    await world.clock.advance(60_000)
    const needs = { store: world.store, clock: world.clock, bus: world.engine.bus }
    await cancelWork(needs, { task: task.id }, { kind: 'user', name: 'me' })
    // Long after its hold; from half a minute on it was out of contact, and had its two minutes, and one for the server.
    await world.clock.advance(130_000)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    await world.clock.advance(25_000)
    const done = await world.only(task.id)
    assert.deepEqual([done.state, done.reason], ['cancelled', 'unconfirmed'])
  })

  it('that is lost by time alone is tried again by nobody else before its client says that it is gone', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door, [], 1)
    const times = { deadlineMs: 60_000, timeoutMs: 60_000 }
    const task = await world.task({ onDisconnect: 'continue', retry: retry(2, 0, 'lost'), ...times })
    const item = newest(ann)
    await bob.join(world.engine.door, [], 1)
    ann.vanish()
    await beat(world, 70_000, bob)
    // Its time passes by a clock that nobody sets; by the one that was set back there is time left for another attempt.
    world.clock.stepWall(-3_600_000)
    await beat(world, 130_000, bob)
    assert.deepEqual(await attemptsOf(world, task.id), [[1, 'lost', 'out-of-contact', false, 'ann']])
    assert.deepEqual([(await world.only(task.id)).state, bob.executions().length], ['queued', 0])
    await ann.join(world.engine.door, [], 1)
    assert.deepEqual([newest(bob).execution, newest(bob).attempt], [item.execution, 2])
  })

  it('that yields to a newer run ends with the hold too, and its slot is free', async () => {
    await using world = await EngineWorld.start()
    const userId = await world.user('alice')
    const ann = await world.client('ann', 'alice')
    await ann.join(world.engine.door)
    const times = { type: 'scheduled', startAt: world.clock.wall(), intervalMs: 600_000 } as const
    const policy = { overlap: 'cancel-previous', onDisconnect: 'stop', timeoutMs: 28_800_000 } as const
    const task = await world.task({ owner: 'user', userId, ...times, ...policy })
    say(ann, world, newest(ann))
    await world.clock.advance(50)
    ann.vanish()
    await world.clock.advance(610_000)
    assert.deepEqual(
      (await world.executions(task.id)).map(({ state, reason }) => [state, reason]),
      [
        ['queued', null],
        ['cancelled', 'unconfirmed'],
      ],
    )
  })
})

describe('a rejection', () => {
  const reject = (client: ScriptedClient, reason: 'policy-forbids' | 'draining' | 'too-late'): void => {
    const { execution, attempt, fence } = newest(client)
    client.say({ type: 'rejected', executions: [{ execution, attempt, fence, reason, detail: 'no' }] })
  }

  it('that lasts sends what is for anyone to the others, each asked once, until one comes anew', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door)
    await bob.join(world.engine.door)
    const task = await world.task()
    const first = ann.executions().length > 0 ? ann : bob
    const second = first === ann ? bob : ann
    reject(first, 'policy-forbids')
    await world.clock.advance(20)
    reject(second, 'policy-forbids')
    await beat(world, 120_000, ann, bob)
    assert.deepEqual([first.executions().length, second.executions().length], [1, 1])
    assert.equal((await world.only(task.id)).state, 'queued')
    const rejections = await world.store.readRejections({ task: task.id })
    assert.deepEqual(rejections.map(({ name, reason }) => `${name} ${reason}`).toSorted(), [
      'ann policy-forbids',
      'bob policy-forbids',
    ])
    first.answersPings = false
    await first.join(world.engine.door)
    assert.equal(first.executions().length, 2, 'it may have got what it lacked')
    assert.equal((await world.only(task.id)).attempt, 1, 'no attempt was used')
  })

  it('that lasts ends what nobody else can do, and is not tried again', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all', retry: retry(5, 0, 'failed') })
    reject(ann, 'policy-forbids')
    await world.clock.advance(1_000)
    const done = await world.only(task.id)
    assert.deepEqual([done.state, done.reason, ann.executions().length], ['failed', 'policy-forbids', 1])
    const { result, resultFence } = await world.detail(done.id)
    assert.deepEqual([result?.error?.message, resultFence], ['no', null])
  })

  it('as too late leaves what the attempt before told as it was', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all', retry: retry(2, 0, 'failed') })
    const error = { message: 'the first one failed', type: 'E', stack: '' }
    ann.finish(newest(ann), { end: 'failed', reason: 'exception', error })
    await world.clock.advance(50)
    assert.equal(ann.executions().length, 2)
    reject(ann, 'too-late')
    await world.clock.advance(20)
    const done = await world.only(task.id)
    const { result, resultFence } = await world.detail(done.id)
    assert.deepEqual([done.state, done.attempt, result?.error], ['failed', 1, error])
    assert.equal(resultFence, ann.executions()[0]?.fence)
  })

  it('in passing uses no attempt', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all' })
    reject(ann, 'draining')
    await world.clock.advance(20)
    const { avoided } = await world.detail((await world.only(task.id)).id)
    assert.deepEqual(
      avoided.map(({ client, name }) => [client, name]),
      [[ann.id, 'ann']],
    )
    await beat(world, 31_000, ann)
    assert.deepEqual([ann.executions().length, (await world.only(task.id)).attempt], [2, 1])
  })
})
