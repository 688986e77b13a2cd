import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { EngineWorld } from '#testing/engine-world.ts'

describe('a client that comes', () => {
  it('gets no work before its inventory is answered', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    ann.connect(world.engine.door)
    ann.hello()
    await world.clock.advance(3_100)
    const task = await world.task()
    assert.equal(ann.last('welcome').type, 'welcome')
    assert.deepEqual([(await world.only(task.id)).state, ann.executions().length], ['queued', 0])
    ann.inventory()
    await world.clock.advance(20)
    const said = ann.received.map(({ type }) => type)
    assert.deepEqual([ann.executions().length, said.filter((type) => type === 'reconciled').length], [1, 1])
    assert.ok(said.indexOf('execute') > said.indexOf('reconciled'), said.join(', '))
  })

  it('takes the place of its own closed connection at once', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    ann.answersPings = false
    ann.cut()
    ann.connect(world.engine.door)
    ann.hello()
    await world.clock.settle()
    assert.equal(ann.all('welcome').length, 2)
  })

  it('with the key of another PC that answers is written down with where both are', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    ann.connect(world.engine.door, '10.0.0.1')
    ann.hello({ bootId: 'first' })
    await world.clock.settle()
    ann.connect(world.engine.door, '10.0.0.2')
    ann.hello({ bootId: 'second' })
    await world.clock.settle()
    assert.equal(ann.last('refused').code, 'duplicate-identity')
    const filter = { action: 'client.duplicate-identity' }
    const [noted, ...more] = (await world.store.listAudit({ limit: 10, after: null, filter })).items
    assert.deepEqual([noted?.subject, more], [ann.id, []])
    const { address, bootId, openAddress, openBootId } = noted?.details ?? {}
    assert.deepEqual([address, bootId, openAddress, openBootId], ['10.0.0.2', 'second', '10.0.0.1', 'first'])
  })

  it('that speaks no protocol of the server’s is told which there are, and gets no session', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    ann.connect(world.engine.door)
    assert.deepEqual(ann.last('challenge').protocols, [1])
    ann.hello({ protocol: 2 })
    await world.clock.settle()
    const { code, reason } = ann.last('refused')
    assert.deepEqual([code, reason], ['protocol-unknown', 'This server speaks 1, not 2.'])
    assert.deepEqual([ann.closedWith, ann.all('welcome').length], ['protocol-unknown', 0])
  })

  it('waits for approval, is told by which fingerprint, and comes again soon', async () => {
    await using world = await EngineWorld.start()
    const eve = await world.client('eve', null, false)
    eve.connect(world.engine.door)
    eve.hello()
    await world.clock.settle()
    const { code, reason, retryAfterMs } = eve.last('refused')
    assert.deepEqual([code, retryAfterMs, eve.closedWith], ['not-approved', 5_000, 'not-approved'])
    const fingerprint = (await world.store.readClient({ id: eve.id }))?.fingerprint
    assert.ok(fingerprint && reason.includes(fingerprint), reason)
    assert.equal(eve.all('welcome').length, 0)
  })
})

describe('a heartbeat', () => {
  it('is answered with the highest number that the client has said, under a rising number of the server', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    for (const seq of [5, 3, 6]) {
      ann.say({ type: 'heartbeat', seq, echo: 0, clientTime: world.clock.wall(), load: 0, freeSlots: 1 })
    }
    const answers = ann.all('heartbeat').slice(-3)
    assert.deepEqual(
      answers.map(({ echo }) => echo),
      [5, 5, 6],
    )
    const [first = 0] = answers.map(({ seq }) => seq)
    assert.deepEqual(
      answers.map(({ seq }) => seq - first),
      [0, 1, 2],
    )
  })
})
