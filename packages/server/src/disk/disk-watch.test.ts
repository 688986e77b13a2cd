import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'

import type { Facts } from '#live/facts.ts'
import { ApiWorld } from '#testing/api-world.ts'
import { EngineWorld } from '#testing/engine-world.ts'

import type { DiskLevel } from './disk-level.ts'
import { createDiskWatch } from './disk-watch.ts'

const MiB = 1_048_576

function setLevel(world: EngineWorld, level: DiskLevel): void {
  world.diskLevel = level
  world.engine.bus.publish('disk-level', { level })
}

const chunkOf = ({ execution, attempt, fence, fenceProof }: ExecuteItem, offset: number, text: string) =>
  ({ execution, attempt, fence, fenceProof, offset, stream: 'stdout', at: 1, text }) as const

describe('the watch over the disk', () => {
  it('says once when the room changes what is taken, and does not call full what it cannot ask', async () => {
    const clock = createHandClock()
    const log = createCapturedLog()
    const levels: string[] = []
    const bus = createBus<Facts>((error) => {
      throw error
    })
    bus.on('disk-level', ({ level }) => levels.push(level))
    let free: number | undefined = 900
    const space = async () => {
      if (free === undefined) throw new Error('EIO')
      return { freeBytes: free * MiB, totalBytes: 1e6 * MiB }
    }
    const watch = createDiskWatch({ space, bus, clock, log })
    const life = new AbortController()
    const running = watch.run(life.signal)
    for (const next of [900, 300, 290, 50, undefined, 50, 900]) {
      free = next
      await clock.advance(2_000)
    }
    life.abort()
    await running
    assert.deepEqual(levels, ['low', 'full', 'roomy'])
    assert.deepEqual(
      log.lines.map(({ event }) => event),
      ['disk-low', 'disk-full', 'disk-unknown', 'disk-has-room'],
    )
  })
})

describe('a server whose disk is low', () => {
  it('leaves output with its client, and takes it when there is room', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    ann.say({ type: 'output', chunks: [chunkOf(item, 0, 'one ')] })
    await world.clock.advance(10)
    setLevel(world, 'low')
    ann.say({ type: 'output', chunks: [chunkOf(item, 4, 'two ')] })
    await world.clock.advance(10)
    const answers = (): unknown[] =>
      ann.all('acknowledge').flatMap(({ output }) => output.map(({ storedBytes }) => storedBytes))
    assert.deepEqual(answers(), [4])
    setLevel(world, 'roomy')
    await world.clock.advance(10)
    assert.deepEqual(answers(), [4, 4])
    ann.say({ type: 'output', chunks: [chunkOf(item, 4, 'two ')] })
    await world.clock.advance(10)
    assert.deepEqual(answers(), [4, 4, 8])
    const { id: execution } = await world.only(task.id)
    const { chunks } = await world.store.readOutput({ execution, from: 0, limitBytes: 99 })
    assert.equal(chunks.map(({ text }) => text).join(''), 'one two ')
  })

  it('takes it, too, when the store refuses once there is room; not as long as the disk is low again', async () => {
    await using world = await EngineWorld.start()
    const clients = [await world.client('ann'), await world.client('bob')]
    for (const client of clients) await client.join(world.engine.door)
    await world.task({ owner: 'all' })
    setLevel(world, 'low')
    for (const client of clients) {
      const [item] = client.executions()
      assert.ok(item)
      client.say({ type: 'output', chunks: [chunkOf(item, 0, 'one ')] })
    }
    await world.clock.advance(10)
    const told = (): unknown => clients.map((client) => client.all('acknowledge').length)
    const { appendOutput } = world.store
    Object.assign(world.store, { appendOutput: () => Promise.reject(refusal('STORE_UNAVAILABLE')) })
    setLevel(world, 'roomy')
    await world.clock.advance(1_500)
    setLevel(world, 'low')
    Object.assign(world.store, { appendOutput })
    await world.clock.advance(5_000)
    assert.deepEqual(told(), [0, 0])
    Object.assign(world.store, { appendOutput: () => Promise.reject(refusal('STORE_UNAVAILABLE')) })
    setLevel(world, 'roomy')
    await world.clock.advance(500)
    Object.assign(world.store, { appendOutput })
    await world.clock.advance(1_000)
    assert.deepEqual(told(), [1, 1])
  })

  it('asks for it once, though the disk is low again before all clients were asked', async () => {
    await using world = await EngineWorld.start()
    const clients = [await world.client('ann'), await world.client('bob')]
    for (const client of clients) await client.join(world.engine.door)
    await world.task({ owner: 'all' })
    const say = (client: (typeof clients)[number]): void => {
      const [item] = client.executions()
      assert.ok(item)
      client.say({ type: 'output', chunks: [chunkOf(item, 0, 'one ')] })
    }
    setLevel(world, 'low')
    for (const client of clients) say(client)
    await world.clock.advance(10)
    const { appendOutput } = world.store
    let asked = 0
    Object.assign(world.store, {
      appendOutput: (input: Parameters<typeof appendOutput>[0]) => {
        asked += 1
        world.diskLevel = 'low'
        // Who has been told goes on, as a client does; so that the test ends, not for ever.
        if (asked < 100) for (const client of clients) if (client.all('acknowledge').length > 0) say(client)
        return appendOutput(input)
      },
    })
    setLevel(world, 'roomy')
    await world.clock.advance(1_000)
    assert.equal(asked, 1)
    Object.assign(world.store, { appendOutput })
    setLevel(world, 'roomy')
    await world.clock.advance(10)
    assert.deepEqual(
      clients.map((client) => client.all('acknowledge').length),
      [1, 1],
    )
  })

  it('asks no client for it that is not settled yet, which would break its connection off', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    setLevel(world, 'low')
    ann.say({ type: 'output', chunks: [chunkOf(item, 0, 'one ')] })
    await world.clock.advance(10)
    ann.cut()
    ann.connect(world.engine.door)
    ann.hello()
    await world.clock.settle()
    setLevel(world, 'roomy')
    await world.clock.advance(10)
    const said = ann.received.map(({ type }) => type)
    assert.deepEqual(said.slice(said.lastIndexOf('welcome')), ['welcome'])
  })

  it('still takes every result when it is full, and begins no run until there is room', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const before = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    setLevel(world, 'full')
    ann.finish(item)
    await world.clock.advance(10)
    assert.equal(ann.last('acknowledge').results[0]?.disposition, 'applied')
    assert.equal((await world.only(before.id)).state, 'succeeded')
    const due = await world.task()
    await world.clock.advance(60_000)
    assert.deepEqual(await world.executions(due.id), [])
    setLevel(world, 'low')
    await world.clock.advance(50)
    assert.equal((await world.executions(due.id)).length, 1)
  })

  it('makes up afterwards only for what the task says, and writes down what a full disk left out', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const { clock } = world
    const times = { type: 'scheduled', startAt: clock.wall() + 1_000, intervalMs: 1_000, overlap: 'allow' } as const
    const none = await world.task({ ...times, catchUp: 'none' })
    const last = await world.task({ ...times, catchUp: 'last' })
    setLevel(world, 'full')
    await clock.advance(3_600_500)
    setLevel(world, 'roomy')
    await clock.advance(30)
    const seen = async (id: typeof none.id) => {
      const { counts, missed } = await world.taskNow(id)
      return [counts.total, missed.count, missed.last?.reason]
    }
    assert.deepEqual(await seen(none.id), [0, 3_600, 'disk-full'])
    assert.deepEqual(await seen(last.id), [1, 3_599, 'disk-full'])
    await clock.advance(2_000)
    assert.deepEqual(await seen(none.id), [2, 3_600, 'disk-full'])
  })

  it('refuses what makes new work, with what is left and what to do, and answers everything else', async () => {
    await using world = await ApiWorld.ready()
    world.diskFreeBytes = 50 * MiB
    const body = { plugin: 'greet', owner: 'all', type: 'ad-hoc' }
    const refused = await world.call({ method: 'POST', path: '/api/v1/tasks', body })
    assert.equal(refused.status, 507)
    const { code, detail } = refused.json as { code: string; detail: string }
    assert.equal(code, 'DISK_FULL')
    assert.match(detail, /only 50 MiB left/)
    assert.equal((await world.call({ path: '/api/v1/tasks' })).status, 200)
    assert.equal((await world.call({ method: 'POST', path: '/api/v1/stop-all-work' })).status, 200)
    assert.equal((await world.call({ method: 'POST', path: '/api/v1/tasks', body, token: null })).status, 401)
    world.diskFreeBytes = undefined
    assert.equal((await world.call({ method: 'POST', path: '/api/v1/tasks', body })).status, 201)
  })
})

leakCheck()
