import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ExecuteItem } from '@octopus/protocol/from-server.ts'

import { EngineWorld } from '#testing/engine-world.ts'

describe('the engine', () => {
  it('hands work for anyone to one client, takes its result once, and completes the task', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    assert.equal((await world.taskNow(task.id)).status, 'active')
    const [item] = ann.executions()
    assert.ok(item)
    assert.equal(item.argsJson, '[1.0]')
    ann.finish(item)
    await world.clock.advance(10)
    assert.equal(ann.last('acknowledge').results[0]?.disposition, 'applied')
    ann.finish(item, { end: 'failed' })
    await world.clock.advance(10)
    assert.equal(ann.last('acknowledge').results[0]?.disposition, 'duplicate')
    const done = await world.taskNow(task.id)
    assert.deepEqual(
      [done.status, done.outcome, done.counts.succeeded, done.counts.total],
      ['completed', 'succeeded', 1, 1],
    )
  })

  it('gives every connected client its own execution of a task for all', async () => {
    await using world = await EngineWorld.start()
    const clients = await Promise.all(['a', 'b', 'c'].map((name) => world.client(name)))
    for (const client of clients) await client.join(world.engine.door)
    const task = await world.task({ owner: 'all' })
    assert.deepEqual(
      clients.map((client) => client.executions().length),
      [1, 1, 1],
    )
    assert.equal((await world.executions(task.id)).length, 3)
  })

  it('says in words that a task for all found nobody', async () => {
    await using world = await EngineWorld.start()
    const task = await world.task({ owner: 'all' })
    const now = await world.taskNow(task.id)
    assert.deepEqual([now.status, now.outcome], ['completed', 'skipped'])
    const run = await world.store.readRun({ id: now.lastRun as NonNullable<typeof now.lastRun> })
    assert.match(run?.note ?? '', /No approved client/)
  })

  it("keeps a user's work until the user's PC comes, and gives it to no other", async () => {
    await using world = await EngineWorld.start()
    const userId = await world.user('alice')
    const [bobs, alices] = [await world.client('bobs'), await world.client('alices', 'alice')]
    await bobs.join(world.engine.door)
    const task = await world.task({ owner: 'user', userId })
    assert.equal((await world.only(task.id)).state, 'queued')
    await alices.join(world.engine.door)
    assert.equal((await world.only(task.id)).client, alices.id)
    assert.equal(bobs.executions().length, 0)
  })

  it('never gives a client more than its slots', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    for (let i = 0; i < 5; i++) await world.task()
    assert.equal(ann.executions().length, 2)
    ann.finish(ann.executions()[0] as never)
    await world.clock.advance(20)
    assert.equal(ann.executions().length, 3)
  })

  it('calls work disconnected when its client falls silent, and lost when its hold has ended', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    ann.vanish()
    await world.clock.advance(31_000)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    await world.clock.advance(90_000)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    await world.clock.advance(10_000)
    const lost = await world.only(task.id)
    assert.deepEqual([lost.state, lost.reason], ['lost', 'hold-ended'])
  })

  it('takes a result that comes after the end as late, and changes nothing', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    ann.vanish()
    await world.clock.advance(140_000)
    const { execution, attempt, fence, fenceProof } = item
    await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'ended', outputBytes: 0 }])
    assert.deepEqual(
      ann.last('reconciled').attempts.map((answer) => answer.verdict),
      ['send-result'],
    )
    ann.finish(item)
    await world.clock.advance(10)
    assert.equal(ann.last('acknowledge').results[0]?.disposition, 'late')
    ann.finish(item)
    await world.clock.advance(10)
    assert.equal(ann.last('acknowledge').results[0]?.disposition, 'duplicate')
    const detail = await world.detail((await world.only(task.id)).id)
    assert.deepEqual([detail.state, detail.lateResults.length, detail.result], ['lost', 1, null])
  })

  it('hands out again what the same journal proves not to have started, with a new fence', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    ann.finish(await itemOf(ann, world))
    await world.clock.advance(10)
    const task = await world.task()
    const first = ann.executions().at(-1)
    ann.answersPings = false
    await ann.join(world.engine.door)
    const second = ann.executions().at(-1)
    assert.ok(first && second)
    assert.equal(second.execution, first.execution)
    assert.equal(second.attempt, first.attempt)
    assert.ok(second.fence > first.fence)
    assert.equal((await world.only(task.id)).state, 'assigned')
  })

  it('waits for what another journal does not know: it may have started', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all' })
    ann.journalId = 'another'
    ann.answersPings = false
    await ann.join(world.engine.door)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    assert.equal(ann.executions().length, 1)
    // The server has met that journal by now: it proves no more for that.
    await ann.join(world.engine.door)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    assert.equal(ann.executions().length, 1)
  })

  it('waits for what a journal does not know that is older than what its client has told: it may have started', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    ann.finish(await itemOf(ann, world))
    await world.clock.advance(10)
    const task = await world.task()
    assert.equal(ann.executions().length, 2)
    // The PC was set back to an earlier time: the id of the journal is the same, and what it has is not.
    ann.journalSeq = 0
    ann.answersPings = false
    await ann.join(world.engine.door)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    assert.equal(ann.executions().length, 2)
  })

  it('refuses a second PC with the same key while the first one answers', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    ann.connect(world.engine.door)
    ann.hello({ bootId: 'another PC' })
    await world.clock.advance(3_100)
    assert.equal(ann.last('refused').code, 'duplicate-identity')
    assert.equal(world.engine.presence.onlineCount(), 1)
  })

  it('cancels what is queued at once, and asks for what is handed out', async () => {
    await using world = await EngineWorld.start()
    const queued = await world.task()
    const now = world.clock.wall()
    const actor = { kind: 'user', name: 'me' } as const
    await world.store.requestCancel({ now, actor, target: { task: queued.id } })
    assert.equal((await world.taskNow(queued.id)).outcome, 'cancelled')
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const asked = await world.store.requestCancel({ now, actor, target: { task: task.id } })
    world.engine.bus.publish('cancel-requested', { requests: asked.requests })
    assert.equal(ann.last('cancel').executions.length, 1)
    assert.equal((await world.only(task.id)).state, 'assigned')
    ann.finish(ann.executions()[0] as never, { end: 'cancelled', reason: 'cancelled' })
    await world.clock.advance(10)
    assert.equal((await world.taskNow(task.id)).outcome, 'cancelled')
  })

  it('goes on after a crash of the server: nothing is lost, nothing is doubled', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    await world.crashServer()
    await world.startServer()
    assert.equal((await world.only(task.id)).state, 'assigned')
    const { execution, attempt, fence, fenceProof } = item
    await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 }])
    assert.equal(ann.last('reconciled').attempts[0]?.verdict, 'go-on')
    ann.finish(item)
    await world.clock.advance(10)
    assert.equal((await world.taskNow(task.id)).outcome, 'succeeded')
    assert.equal(ann.executions().length, 1)
  })

  it('runs a schedule exactly as often as it is due', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door, [], 30)
    const startAt = world.clock.wall() + 1_000
    const task = await world.task({ type: 'scheduled', startAt, endAt: startAt + 60_000, intervalMs: 2_000 })
    for (let second = 0; second < 70; second++) {
      await world.clock.advance(1_000)
      ann.heartbeat()
      for (const item of ann.executions().splice(0)) ann.finish(item)
    }
    const done = await world.taskNow(task.id)
    assert.deepEqual([done.status, done.counts.total, done.counts.succeeded], ['completed', 30, 30])
  })

  it('skips an occurrence whose slot is still busy, and names what it yields to', async () => {
    await using world = await EngineWorld.start()
    const startAt = world.clock.wall()
    const task = await world.task({ type: 'scheduled', startAt, endAt: startAt + 3_000, intervalMs: 1_000 })
    await world.clock.advance(2_500)
    const executions = await world.executions(task.id)
    assert.deepEqual(executions.map((execution) => execution.state).toSorted(), ['queued', 'skipped', 'skipped'])
    const first = executions.find((execution) => execution.state === 'queued')
    for (const skipped of executions.filter((execution) => execution.state === 'skipped')) {
      assert.equal(skipped.reason, `overlap:${first?.id}`)
    }
  })

  it('expires work that nobody took until its deadline', async () => {
    await using world = await EngineWorld.start()
    const task = await world.task({ deadlineMs: 5_000 })
    await world.clock.advance(4_900)
    assert.equal((await world.only(task.id)).state, 'queued')
    await world.clock.advance(200)
    assert.equal((await world.taskNow(task.id)).outcome, 'expired')
  })

  it('refuses results that it did not hand out, and still takes the next good one', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door)
    await bob.join(world.engine.door)
    const task = await world.task({ owner: 'all' })
    const [mine] = ann.executions()
    const [theirs] = bob.executions()
    assert.ok(mine && theirs)
    ann.finish(theirs)
    ann.finish(mine, { fence: mine.fence + 100 })
    ann.finish(mine)
    await world.clock.advance(20)
    const answers = ann.all('acknowledge').flatMap((message) => message.results.map((result) => result.disposition))
    assert.deepEqual(answers, ['refused', 'refused', 'applied'])
    assert.equal((await world.taskNow(task.id)).counts.succeeded, 1)
  })

  it('does nothing while all work is stopped, and goes on when it is resumed', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const actor = { kind: 'user', name: 'me' } as const
    await world.store.setWorkStopped({ now: world.clock.wall(), actor, stopped: true })
    await world.task()
    await world.clock.advance(5_000)
    assert.equal(ann.executions().length, 0)
    await world.store.setWorkStopped({ now: world.clock.wall(), actor, stopped: false })
    world.engine.bus.publish('work-stopped', { stopped: false })
    await world.clock.advance(50)
    assert.equal(ann.executions().length, 1)
  })

  it('keeps its counts right when a client lists the same attempt three times', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const { execution, attempt, fence, fenceProof } = await itemOf(ann)
    const entry = { execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 } as const
    ann.answersPings = false
    await ann.join(world.engine.door, [entry, entry, entry])
    const { counts } = await world.taskNow(task.id)
    assert.deepEqual([counts.assigned, counts.running, counts.total], [0, 1, 1])
  })

  it('takes a short task that ended while the server was away for what it was, not for timed out', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ timeoutMs: 5_000 })
    const item = await itemOf(ann)
    const { execution, attempt, fence, fenceProof } = item
    ann.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
    await world.clock.advance(100)
    await world.crashServer()
    await world.clock.advance(80_000)
    await world.startServer()
    await world.clock.advance(2_000)
    assert.equal((await world.only(task.id)).state, 'running')
    await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'ended', outputBytes: 0 }])
    await world.clock.advance(1_000)
    ann.finish(item)
    await world.clock.advance(20)
    assert.equal((await world.taskNow(task.id)).outcome, 'succeeded')
  })

  for (const [what, step] of [
    ['back', -3_600_000],
    ['forward', 7_200_000],
  ] as const) {
    it(`neither ends nor forgets running work when the wall clock is set ${what}`, async () => {
      await using world = await EngineWorld.start()
      const ann = await world.client('ann')
      await ann.join(world.engine.door)
      world.clock.stepWall(step)
      const task = await world.task({ timeoutMs: 600_000 })
      const { execution, attempt, fence } = await itemOf(ann)
      ann.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
      for (let i = 0; i < 60; i++) {
        await world.clock.advance(10_000)
        ann.heartbeat()
      }
      assert.equal((await world.only(task.id)).state, 'running')
      for (let i = 0; i < 7; i++) {
        await world.clock.advance(10_000)
        ann.heartbeat()
      }
      assert.equal((await world.only(task.id)).state, 'timed-out')
      const waiting = await world.task({ owner: 'user', userId: await world.user('bob'), deadlineMs: 60_000 })
      await world.clock.advance(61_000)
      assert.equal((await world.taskNow(waiting.id)).outcome, 'expired')
    })
  }

  it('lets nothing that its only client rejects stand in the way of other work for anyone', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task()
    await world.task()
    for (const { execution, attempt, fence } of ann.executions()) {
      ann.say({
        type: 'rejected',
        executions: [{ execution, attempt, fence, reason: 'plugin-unverified', detail: '' }],
      })
    }
    await world.clock.advance(20)
    const good = await world.task()
    assert.equal((await world.only(good.id)).state, 'assigned')
  })

  it('hands out older and more urgent work first, whoever it is for', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door, [], 1)
    const first = await world.task({ owner: 'all' })
    const urgent = await world.task({ priority: 9 })
    const later = await world.task({ owner: 'all' })
    ann.finish(await itemOf(ann))
    await world.clock.advance(20)
    const states = [first, urgent, later].map(async (task) => (await world.only(task.id)).state)
    assert.deepEqual(await Promise.all(states), ['succeeded', 'assigned', 'queued'])
  })

  it('changes nothing of a result when a rejection comes after it', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'all' })
    const item = await itemOf(ann)
    ann.finish(item)
    const { execution, attempt, fence } = item
    ann.say({
      type: 'rejected',
      executions: [{ execution, attempt, fence, reason: 'policy-forbids', detail: 'rewritten' }],
    })
    await world.clock.advance(20)
    const detail = await world.detail((await world.only(task.id)).id)
    assert.deepEqual([detail.state, detail.result?.error], ['succeeded', null])
  })

  for (const [what, text] of [
    ['no JSON', 'hello?'],
    ['an unknown message', '{"type":"please"}'],
    ['a result before welcome', '{"type":"leaving","reason":""}'],
    ['too much before welcome', JSON.stringify({ type: 'hello', version: 'x'.repeat(5_000) })],
  ] as const) {
    it(`closes a connection that sends ${what}, and serves the next one`, async () => {
      await using world = await EngineWorld.start()
      const ann = await world.client('ann')
      ann.connect(world.engine.door)
      ann.sayText(text)
      await world.clock.advance(10)
      assert.equal(ann.last('refused').code, 'bad-message')
      assert.equal(ann.closedWith, 'bad message')
      await ann.join(world.engine.door)
      assert.equal(world.engine.presence.onlineCount(), 1)
    })
  }

  it('refuses a client with a wrong signature', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    ann.connect(world.engine.door)
    ann.hello({ signature: 'AAAA' })
    await world.clock.advance(10)
    assert.equal(ann.last('refused').code, 'wrong-signature')
  })
})

async function itemOf(client: Client, world?: EngineWorld): Promise<ExecuteItem> {
  if (world) await world.task()
  const item = client.executions().at(-1)
  assert.ok(item)
  return item
}

type Client = Awaited<ReturnType<EngineWorld['client']>>
