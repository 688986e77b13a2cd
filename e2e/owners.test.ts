import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { Octopus } from './harness/octopus.ts'

const TASKS = 600
/** Of 600 over three clients each should get about 200; an uneven hand is one that favours somebody. */
const SHARE = { min: 150, max: 250 }

describe('owners', () => {
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start()
    await octopus.publishSample('probe')
    await octopus.startClients(['one', 'two', 'three'], ['--slots', '4'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  it('spreads 600 tasks for anyone evenly over three clients, and starts none of them twice', async () => {
    const truth = octopus.truth('anyone')
    const tasks: string[] = []
    for (let at = 0; at < TASKS; at += 50) {
      const kwargs = { ground_truth: truth.path }
      const made = await Promise.all(Array.from({ length: 50 }, () => octopus.task({ plugin: 'probe', kwargs })))
      tasks.push(...made.map(({ id }) => id))
    }
    await octopus.api.eventually(
      'stats',
      async () => (await octopus.api.get('/stats')).tasks.completed >= TASKS,
      180_000,
    )
    const executions = (await octopus.api.all('/executions')).filter(({ task }) => tasks.includes(task.id))
    assert.equal(executions.length, TASKS)
    assert.deepEqual(new Set(executions.map(({ state }) => state)), new Set(['succeeded']))
    const shares = Map.groupBy(executions, ({ client }) => client.name)
    const counts = [...shares].map(([name, all]) => ({ name, count: all.length }))
    console.log('shares', counts)
    assert.equal(counts.length, 3)
    for (const { name, count } of counts) assert.ok(count >= SHARE.min && count <= SHARE.max, `${name} got ${count}`)
    assert.equal(truth.starts().length, TASKS)
    assert.equal(truth.ends().length, TASKS)
    assert.deepEqual(truth.startedTwice(), [])
  })

  it('runs a task for a user on a client of that user only', async () => {
    await octopus.startClientOf('alice', 'alice-pc')
    for (let n = 0; n < 5; n++) {
      const executions = await octopus.run({ plugin: 'probe', owner: 'user', user: 'alice' })
      assert.equal(executions.length, 1)
      assert.equal(executions[0].state, 'succeeded')
      assert.equal(executions[0].client.name, 'alice-pc')
    }
  })

  it('lets a task for a user wait while their PC is off, says so, and runs it when the PC comes', async () => {
    const truth = octopus.truth('user')
    await octopus.clients.get('alice-pc')?.stop()
    await octopus.presence('alice-pc', 'offline')
    const wish = { plugin: 'probe', owner: 'user', user: 'alice', kwargs: { ground_truth: truth.path } }
    const task = await octopus.task(wish)
    const waiting = await octopus.api.eventually(`task:${task.id}`, async () => {
      const found = await octopus.api.get(`/tasks/${task.id}`)
      return found.waitingFor[0]?.code === 'user-offline' && found
    })
    assert.equal(waiting.counts.queued, 1)
    assert.match(waiting.waitingFor[0].text, /alice/)
    assert.deepEqual(truth.lines(), [])

    octopus.startClient('alice-pc')
    const done = await octopus.completed(task.id)
    assert.equal(done.outcome, 'succeeded')
    assert.deepEqual(done.waitingFor, [])
    const [execution] = await octopus.executionsOf(task.id)
    assert.equal(execution.client.name, 'alice-pc')
    assert.equal(truth.starts().length, 1)
  })
})
