import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { refusal } from '@octopus/protocol/errors.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'
import { BATCH_ITEMS_MAX, MESSAGE_BYTES_MAX, SLOTS_MAX } from '@octopus/protocol/limits.ts'

import { setWorkStopped } from '#tasks/stop-work.ts'
import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

import { batches } from './hand-over.ts'

describe('handing over', () => {
  const reject = (
    client: ScriptedClient,
    item: ExecuteItem,
    reason: 'policy-forbids' | 'no-slot' | 'disk-full',
  ): void => {
    const { execution, attempt, fence } = item
    client.say({ type: 'rejected', executions: [{ execution, attempt, fence, reason, detail: '' }] })
  }

  it('cuts work into messages below their limits, and loses none', () => {
    const item = (bytes: number): ExecuteItem => ({ argsJson: 'x'.repeat(bytes), kwargsJson: '{}' }) as ExecuteItem
    const many = Array.from({ length: 3 * BATCH_ITEMS_MAX + 1 }, () => item(2))
    assert.deepEqual(
      batches(many).map((batch) => batch.length),
      [BATCH_ITEMS_MAX, BATCH_ITEMS_MAX, BATCH_ITEMS_MAX, 1],
    )
    const large = batches(Array.from({ length: 20 }, () => item(250_000)))
    assert.equal(large.flat().length, 20)
    for (const batch of large) assert.ok(JSON.stringify(batch).length < MESSAGE_BYTES_MAX)
  })

  it('goes to a client that resumes only after it has resumed', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const actor = { kind: 'user', name: 'me' } as const
    const drain = async (draining: boolean): Promise<void> => {
      await world.store.setDraining({ now: world.clock.wall(), actor, client: ann.id, draining })
      world.engine.bus.publish('client-changed', { client: ann.id })
      await world.clock.advance(20)
    }
    await drain(true)
    assert.equal(ann.last('drain').on, true)
    await world.task()
    assert.equal(ann.executions().length, 0)
    await drain(false)
    assert.equal(ann.last('drain').on, false)
    assert.equal(ann.executions().length, 1)
  })

  it('goes on at once where one transaction could not take all', async () => {
    await using world = await EngineWorld.start()
    const needs = { store: world.store, bus: world.engine.bus, clock: world.clock }
    const actor = { kind: 'user', name: 'me' } as const
    for (let tasks = 0; tasks < 510; tasks++) await world.task()
    await setWorkStopped(needs, true, actor)
    const clients = await Promise.all(Array.from({ length: 10 }, (_, n) => world.client(`pc-${n}`)))
    for (const [nr, client] of clients.entries()) {
      await client.join(world.engine.door, [], SLOTS_MAX)
      // Joining takes seconds: the others are heard meanwhile.
      for (const other of clients.slice(0, nr + 1)) other.heartbeat()
    }
    assert.deepEqual(
      clients.flatMap((client) => client.executions()),
      [],
    )
    await setWorkStopped(needs, false, actor)
    await world.clock.advance(500)
    assert.equal(clients.flatMap((client) => client.executions()).length, 510)
  })

  it('goes to another client when the chosen one was told to drain just before', async () => {
    await using world = await EngineWorld.start()
    const clients = [await world.client('ann'), await world.client('bob')]
    for (const client of clients) await client.join(world.engine.door)
    const { store, engine, clock } = world
    const { handOver } = store
    let chosen: ClientId | undefined
    const draining = async (client: ClientId): Promise<void> => {
      await store.setDraining({ now: clock.wall(), actor: { kind: 'user', name: 'me' }, client, draining: true })
      engine.bus.publish('client-changed', { client })
    }
    Object.assign(store, {
      handOver: (plan: Parameters<typeof handOver>[0]) => {
        if (chosen === undefined) void draining((chosen = plan.placements[0]?.client as ClientId))
        return handOver(plan)
      },
    })
    const task = await world.task()
    for (const client of clients) client.heartbeat()
    await clock.advance(2_000)
    const { state, client } = await world.only(task.id)
    assert.deepEqual([state, client], ['assigned', clients.find(({ id }) => id !== chosen)?.id])
  })

  it('goes to another client at once when the chosen one was cut off before it could be sent: it did not start', async () => {
    await using world = await EngineWorld.start()
    const clients = [await world.client('ann'), await world.client('bob')]
    for (const client of clients) await client.join(world.engine.door)
    const { handOver } = world.store
    let chosen: ScriptedClient | undefined
    Object.assign(world.store, {
      handOver: async (plan: Parameters<typeof handOver>[0]) => {
        const committed = await handOver(plan)
        if (!chosen) (chosen = clients.find(({ id }) => id === plan.placements[0]?.client))?.cut()
        return committed
      },
    })
    const task = await world.task()
    const other = clients.find((client) => client !== chosen)
    assert.deepEqual([chosen?.executions(), other?.executions().map(({ attempt }) => attempt)], [[], [1]])
    const { state, client } = await world.only(task.id)
    assert.deepEqual([state, client], ['assigned', other?.id])
  })

  /** Ann leaves while the store hands over to her, and her word is heard before its answer. */
  async function handedToWhoLeaves(world: EngineWorld, refusals: number) {
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const { handOver, takeBack } = world.store
    let refused = 0
    Object.assign(world.store, {
      handOver: async (plan: Parameters<typeof handOver>[0]) => {
        const committed = await handOver(plan)
        ann.say({ type: 'leaving', reason: 'shut down' })
        await world.store.readClient({ id: ann.id })
        Object.assign(world.store, { handOver })
        return committed
      },
      takeBack: (input: Parameters<typeof takeBack>[0]) => {
        if (refused >= refusals) return takeBack(input)
        refused += 1
        return Promise.reject(refusal('STORE_UNAVAILABLE'))
      },
    })
    const task = await world.task()
    assert.deepEqual(ann.executions(), [])
    return task
  }

  it('goes to another client when the chosen one left just then, though the store refuses at first to take it back', async () => {
    await using world = await EngineWorld.start()
    const task = await handedToWhoLeaves(world, 3)
    const bob = await world.client('bob')
    await bob.join(world.engine.door)
    await world.clock.advance(5_000)
    assert.deepEqual([(await world.only(task.id)).state, bob.executions().length], ['assigned', 1])
  })

  it('is taken back also when the server is stopped in that moment', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const { handOver } = world.store
    let stopping: Promise<void> | undefined
    Object.assign(world.store, {
      handOver: async (plan: Parameters<typeof handOver>[0]) => {
        const committed = await handOver(plan)
        stopping = world.engine.stop(1_000)
        return committed
      },
    })
    const task = await world.task()
    await stopping
    assert.deepEqual([ann.executions(), (await world.only(task.id)).state], [[], 'queued'])
  })

  it('goes to the other PC of a user when the newer one goes away', async () => {
    await using world = await EngineWorld.start()
    const userId = await world.user('alice')
    const [desktop, laptop] = [await world.client('desktop', 'alice'), await world.client('laptop', 'alice')]
    await desktop.join(world.engine.door)
    await laptop.join(world.engine.door, [], 1)
    desktop.heartbeat()
    await world.task({ owner: 'user', userId })
    await world.task({ owner: 'user', userId })
    assert.deepEqual([desktop.executions().length, laptop.executions().length], [0, 1])
    laptop.say({ type: 'leaving', reason: 'shut down' })
    await world.clock.advance(50)
    assert.equal(desktop.executions().length, 1)
  })

  it('keeps rejected work from the same client for half a minute, and then tries again', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    const { execution, attempt, fence } = item
    ann.say({ type: 'rejected', executions: [{ execution, attempt, fence, reason: 'disk-full', detail: '' }] })
    await world.clock.advance(20_000)
    ann.heartbeat()
    assert.equal((await world.only(task.id)).state, 'queued')
    await world.clock.advance(11_000)
    assert.deepEqual([ann.executions().length, ann.executions()[1]?.attempt], [2, 1])
  })

  it('offers what several clients reject in passing to each of them once in half a minute, and goes to one that takes it', async () => {
    await using world = await EngineWorld.start()
    const clients = await Promise.all(['ann', 'bob', 'eve'].map((name) => world.client(name)))
    for (const client of clients) await client.join(world.engine.door)
    const task = await world.task()
    const offered = (): number[] => clients.map((client) => client.executions().length)
    const allReject = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) {
        for (const client of clients) {
          const item = client.executions().at(-1)
          const { state, client: holder } = await world.only(task.id)
          if (item && state === 'assigned' && holder === client.id) reject(client, item, 'disk-full')
          await world.clock.advance(50)
        }
      }
    }
    await allReject()
    assert.deepEqual(offered(), [1, 1, 1])
    const late = await world.client('late')
    await late.join(world.engine.door)
    await world.clock.advance(50)
    assert.equal(late.executions().length, 1)
    assert.equal((await world.only(task.id)).state, 'assigned')
    assert.deepEqual(offered(), [1, 1, 1])
  })

  it('goes to the newer of two PCs of a user', async () => {
    await using world = await EngineWorld.start()
    const userId = await world.user('alice')
    const [desktop, laptop] = [await world.client('desktop', 'alice'), await world.client('laptop', 'alice')]
    await desktop.join(world.engine.door)
    await laptop.join(world.engine.door)
    desktop.heartbeat()
    await world.task({ owner: 'user', userId })
    assert.deepEqual([desktop.executions().length, laptop.executions().length], [0, 1])
  })

  for (const reason of ['policy-forbids', 'no-slot'] as const) {
    it(`lets what nobody can take now (${reason}; the other PC lacks the language) stand in nobody's way`, async () => {
      await using world = await EngineWorld.start()
      const [ann, bob] = [await world.client('ann'), await world.client('bob')]
      await ann.join(world.engine.door, [], 1)
      bob.runtimes = [{ language: 'shell', version: '5' }]
      await bob.join(world.engine.door, [], 1)
      const rejected = []
      for (const name of ['one', 'two']) {
        rejected.push(await world.task({ name }))
        reject(ann, ann.executions().at(-1) as ExecuteItem, reason)
        await world.clock.advance(50)
      }
      ann.heartbeat()
      const good = await world.task({ name: 'three' })
      const states = []
      for (const { id } of [...rejected, good]) states.push((await world.only(id)).state)
      assert.deepEqual(states, ['queued', 'queued', 'assigned'])
    })
  }

  it('takes a PC that rejected it for good and one that did so in passing together for nobody', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door, [], 1)
    await bob.join(world.engine.door, [], 1)
    for (const name of ['one', 'two']) {
      await world.task({ name })
      for (const reason of ['policy-forbids', 'no-slot'] as const) {
        const at = [ann, bob].find((client) => client.executions().at(-1)?.execution === newestOf(ann, bob)) ?? ann
        reject(at, at.executions().at(-1) as ExecuteItem, reason)
        await world.clock.advance(50)
      }
    }
    const good = await world.task({ name: 'three' })
    assert.equal((await world.only(good.id)).state, 'assigned')
  })
})

/** The execution that was handed out last: ids rise. */
function newestOf(...clients: readonly ScriptedClient[]): string {
  return clients
    .flatMap((client) => client.executions().map(({ fence, execution }) => ({ fence, execution })))
    .reduce((one, other) => (other.fence > one.fence ? other : one)).execution
}
