import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import { silentLog } from '@octopus/kit/log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { refusal } from '@octopus/protocol/errors.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { Facts } from '#live/facts.ts'
import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

import type { Session } from './session.ts'
import { Brake } from './watch-brake.ts'

const lost = { maxAttempts: 2, backoffMs: 0, on: ['lost'] } as const
const actor = { kind: 'user', name: 'me' } as const

async function fleet(world: EngineWorld, count: number): Promise<ScriptedClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, (_, n) => world.client(`pc-${n}`)))
  await joinAll(world, clients)
  return clients
}

async function joinAll(world: EngineWorld, clients: readonly ScriptedClient[]): Promise<void> {
  for (const client of clients) {
    await client.join(world.engine.door, [], 1)
    // Joining takes seconds: the others are heard meanwhile.
    for (const other of clients.slice(0, clients.indexOf(client) + 1)) other.heartbeat()
  }
  await world.clock.settle()
}

async function beat(world: EngineWorld, ms: number, clients: readonly ScriptedClient[]): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await world.clock.advance(Math.min(10_000, left))
    for (const client of clients) client.heartbeat()
  }
  await world.clock.settle()
}

const itemOf = (client: ScriptedClient): ExecuteItem => client.executions().at(-1) as ExecuteItem
const brakeWords = async (world: EngineWorld): Promise<string[]> => {
  const rows = world.databases.main.prepare(`select action, actor from audit where subject = 'brake' order by id`).all()
  return rows.map((row) => `${String(row['action'])} ${String(row['actor'])}`)
}

describe('the brake', () => {
  it('is in the audit trail from its beginning to its end, though the store refused both at first', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 12)
    const { recordAudit } = world.store
    const refused = new Set<string>()
    Object.assign(world.store, {
      recordAudit: (input: Parameters<typeof recordAudit>[0]) => {
        if (refused.has(input.action)) return recordAudit(input)
        refused.add(input.action)
        return Promise.reject(refusal('STORE_UNAVAILABLE'))
      },
    })
    const [gone, here] = [clients.slice(0, 5), clients.slice(5)]
    for (const client of gone) client.vanish()
    await beat(world, 60_000, here)
    for (const client of gone) {
      await client.join(world.engine.door)
      for (const other of clients) other.heartbeat()
    }
    await beat(world, 60_000, clients)
    assert.equal(world.engine.brake.isOn(), false)
    assert.deepEqual(await brakeWords(world), ['brake.on brake', 'brake.end brake'])
  })

  it('holds everything that is out of contact when a third of all clients vanishes, and lets new work go on', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 12)
    const task = await world.task({ owner: 'all', retry: lost, onDisconnect: 'stop' })
    const anyone = await world.task({ retry: lost })
    assert.equal((await world.only(anyone.id)).state, 'queued', 'every slot is taken')
    const [gone, here] = [clients.slice(0, 5), clients.slice(5)]
    for (const client of here) client.finish(itemOf(client))
    await world.clock.advance(20)
    const holder = here.find((client) => client.executions().length === 2)
    assert.ok(holder, 'one of those who stay has it')
    holder.finish(itemOf(holder))
    for (const client of gone) client.vanish()
    await beat(world, 200_000, here)
    assert.deepEqual([world.engine.brake.isOn(), world.engine.brake.state().gone], [true, 5])
    assert.equal((await world.taskNow(task.id)).counts.disconnected, 5)
    const fresh = await world.task()
    assert.equal((await world.only(fresh.id)).state, 'assigned')
  })

  it('neither loses nor hands over while it is on, and does both when it is let go of', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 6)
    const tasks = await Promise.all(clients.map(() => world.task({ retry: lost })))
    const last = clients.at(-1) as ScriptedClient
    last.finish(itemOf(last))
    for (const client of clients.slice(0, 5)) client.vanish()
    await beat(world, 300_000, [last])
    const before = await Promise.all(tasks.map(({ id }) => world.only(id)))
    assert.equal(before.filter(({ state }) => state === 'disconnected').length, 5)
    assert.equal(last.executions().length, 1)
    assert.equal(await world.engine.brake.release(actor), true)
    await world.clock.advance(50)
    assert.equal(last.executions().length, 2, 'the first of the others is tried again')
    const after = await Promise.all(tasks.map(({ id }) => world.only(id)))
    assert.equal(after.filter(({ state }) => state === 'disconnected').length, 0)
    assert.equal(await world.engine.brake.release(actor), false)
    assert.deepEqual(await brakeWords(world), ['brake.on brake', 'brake.release me'])
  })

  it('hands no next attempt to another client while the one before may still run, whatever else ends by time', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 6)
    await world.task({ timeoutMs: 5_000, retry: { maxAttempts: 2, backoffMs: 0, on: ['timed-out'] } })
    const holder = clients.find((client) => client.executions().length > 0) as ScriptedClient
    const { execution, fence } = itemOf(holder)
    holder.say({ type: 'started', executions: [{ execution, attempt: 1, fence, startedAt: world.clock.wall() }] })
    // The server ends the attempt alone, and nobody sees its process end; its client has no room for the next one.
    await beat(world, 70_000, clients)
    const next = itemOf(holder)
    assert.equal(next.attempt, 2)
    const rejected = { execution, attempt: 2, fence: next.fence, reason: 'no-slot', detail: '' } as const
    holder.say({ type: 'rejected', executions: [rejected] })
    await world.clock.advance(20)
    const here = clients.find((client) => client !== holder) as ScriptedClient
    for (const client of clients) if (client !== here) client.vanish()
    // Something else ends meanwhile, so that the server looks at what is over.
    await world.task({ owner: 'user', userId: await world.user('alice'), deadlineMs: 200_000 })
    await beat(world, 300_000, [here])
    assert.equal(world.engine.brake.isOn(), true)
    assert.equal(here.executions().length, 0)
    await world.engine.brake.release(actor)
    await world.clock.advance(50)
    assert.equal(itemOf(here).execution, execution)
  })

  it('cancels what a person wants cancelled all the same', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 5)
    const task = await world.task()
    for (const client of clients) client.vanish()
    await world.clock.advance(200_000)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    const asked = await world.store.requestCancel({ now: world.clock.wall(), actor, target: { task: task.id } })
    world.engine.bus.publish('touched', asked.touched)
    await world.clock.advance(1_000)
    assert.equal((await world.only(task.id)).state, 'cancelled')
  })

  it('ends when 90 % are back and nobody else comes: until then the last ones lose nothing', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 10)
    const task = await world.task({ owner: 'anyone', onDisconnect: 'stop' })
    const last = clients.find((client) => client.executions().length > 0)
    assert.ok(last)
    const others = clients.filter((client) => client !== last)
    for (const client of clients) client.vanish()
    await world.clock.advance(200_000)
    await joinAll(world, others)
    await beat(world, 20_000, others)
    assert.deepEqual([world.engine.brake.state().back, world.engine.brake.isOn()], [9, true])
    assert.equal((await world.only(task.id)).state, 'disconnected')
    await beat(world, 30_000, others)
    assert.equal(world.engine.brake.isOn(), false)
    assert.equal((await world.only(task.id)).state, 'lost')
  })

  it('ends when all are back, and in any case after a quarter of an hour', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 5)
    for (const client of clients) client.vanish()
    await world.clock.advance(60_000)
    assert.equal(world.engine.brake.isOn(), true)
    for (const client of clients) await client.join(world.engine.door, [], 1)
    await beat(world, 20_000, clients)
    assert.equal(world.engine.brake.isOn(), false)
    for (const client of clients) client.vanish()
    await world.clock.advance(60_000)
    assert.equal(world.engine.brake.isOn(), true)
    await world.clock.advance(900_000)
    assert.equal(world.engine.brake.isOn(), false)
    assert.deepEqual(await brakeWords(world), [
      'brake.on brake',
      'brake.end brake',
      'brake.on brake',
      'brake.end brake',
    ])
  })

  for (const [minutes, left] of [
    [14, 60_000],
    [10, 300_000],
  ] as const) {
    it(`holds those who vanish after ${minutes} minutes of it for as long as if it went on for them`, async () => {
      await using world = await EngineWorld.start()
      const clients = await fleet(world, 12)
      const [first, others] = [clients.slice(0, 5), clients.slice(5)]
      for (const client of first) client.vanish()
      await beat(world, minutes * 60_000, others)
      assert.deepEqual([world.engine.brake.isOn(), world.engine.brake.state().gone], [true, 5])
      const task = await world.task({ owner: 'anyone', onDisconnect: 'stop' })
      for (const client of others) client.vanish()
      await world.clock.advance(left + 200_000)
      assert.deepEqual([world.engine.brake.isOn(), world.engine.brake.state().gone], [true, 12])
      assert.equal((await world.only(task.id)).state, 'disconnected')
      const endsAt = world.engine.brake.state().endsAt ?? 0
      await world.clock.advance(endsAt - world.clock.wall() - 1_000)
      assert.equal(world.engine.brake.isOn(), true)
      await world.clock.advance(15_000)
      assert.equal(world.engine.brake.isOn(), false)
      assert.equal((await world.only(task.id)).state, 'lost')
      assert.deepEqual(await brakeWords(world), ['brake.on brake', 'brake.end brake'])
    })
  }

  it('counts whom it knew to be gone, when its time is over, as far as they vanished within a hold', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 12)
    for (const client of clients.slice(0, 5)) client.vanish()
    await beat(world, 60_000, clients.slice(5))
    const endsAt = world.engine.brake.state().endsAt ?? 0
    await beat(world, endsAt - world.clock.wall() - 50_000, clients.slice(5))
    for (const client of clients.slice(5, 8)) client.vanish()
    await beat(world, 70_000, clients.slice(8))
    assert.equal(world.engine.brake.isOn(), false, 'three are no accident')
    for (const client of clients.slice(8, 10)) client.vanish()
    await beat(world, 50_000, clients.slice(10))
    assert.deepEqual([world.engine.brake.isOn(), world.engine.brake.state().gone], [true, 5])
  })

  it('stays off when a person lets go of it, whoever vanished just before', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 6)
    for (const client of clients) client.vanish()
    await world.clock.advance(60_000)
    assert.equal(await world.engine.brake.release(actor), true)
    await world.clock.advance(60_000)
    assert.equal(world.engine.brake.isOn(), false)
  })

  it('does not go on for clients that say that they leave', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 8)
    for (const client of clients) client.say({ type: 'leaving', reason: 'shut-down' })
    await world.clock.advance(200_000)
    assert.equal(world.engine.brake.isOn(), false)
  })

  it('is on after a restart while work is out, until the clients are back', async () => {
    await using world = await EngineWorld.start()
    const [ann, bob] = (await fleet(world, 2)) as [ScriptedClient, ScriptedClient]
    const task = await world.task({ retry: lost })
    const [holder, other] = ann.executions().length > 0 ? [ann, bob] : [bob, ann]
    const item = itemOf(holder)
    await world.crashServer()
    await world.startServer()
    assert.equal(world.engine.brake.state().reason, 'server-started')
    await other.join(world.engine.door, [], 1)
    await beat(world, 400_000, [other])
    assert.equal((await world.only(task.id)).state, 'disconnected')
    const { execution, attempt, fence, fenceProof } = item
    await holder.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'ended', outputBytes: 0 }], 1)
    holder.finish(item)
    await world.clock.advance(20)
    assert.equal((await world.taskNow(task.id)).outcome, 'succeeded')
    await beat(world, 20_000, [holder, other])
    assert.equal(world.engine.brake.isOn(), false)
  })

  it('waits after a restart for those too whose sessions had ended before, if work is out at them', async () => {
    await using world = await EngineWorld.start()
    const clients = await fleet(world, 7)
    const tasks = await Promise.all(clients.slice(1).map(() => world.task()))
    const idle = clients.find((client) => client.executions().length === 0) as ScriptedClient
    const gone = clients.filter((client) => client !== idle)
    for (const client of gone) client.vanish()
    await beat(world, 60_000, [idle])
    await world.crashServer()
    await world.startServer()
    await idle.join(world.engine.door, [], 1)
    await beat(world, 300_000, [idle])
    const { on, reason, gone: missing, back } = world.engine.brake.state()
    assert.deepEqual([on, reason, missing, back], [true, 'server-started', 7, 1])
    const states = await Promise.all(tasks.map(async ({ id }) => (await world.only(id)).state))
    assert.deepEqual(new Set(states), new Set(['disconnected']))
    assert.equal(idle.executions().length, 0)
  })

  it('waits after a restart for nobody who was shut out', async () => {
    await using world = await EngineWorld.start()
    const [ann] = (await fleet(world, 1)) as [ScriptedClient]
    await world.task()
    await world.store.revokeClient({ now: world.clock.wall(), actor, client: ann.id })
    world.engine.bus.publish('client-revoked', { client: ann.id })
    await world.clock.advance(50)
    await world.crashServer()
    await world.startServer()
    assert.equal(world.engine.brake.isOn(), false)
  })

  it('is off after a restart when nothing was out', async () => {
    await using world = await EngineWorld.start()
    await fleet(world, 2)
    await world.crashServer()
    await world.startServer()
    assert.equal(world.engine.brake.isOn(), false)
  })
})

describe('a server that stood still', () => {
  const LOOK = 10_000
  const PAUSE = 1_200_000

  /** A brake by itself, whose clock can pass over any time as that of a process that was stopped. */
  class Alone {
    readonly hand = createHandClock()
    readonly bus = createBus<Facts>(() => {})
    readonly sessions = new Map<ClientId, Session>()
    readonly brake: Brake
    readAtWork: () => Promise<readonly ClientId[]>
    #passedOver = 0
    readonly #life = new AbortController()
    readonly #run: Promise<void>

    constructor(online: readonly string[], atWork: readonly string[]) {
      this.readAtWork = () => Promise.resolve(atWork as readonly ClientId[])
      this.hear(online)
      const { hand, sessions, bus } = this
      this.brake = new Brake({
        store: { recordAudit: () => Promise.resolve(), readClientsAtWork: () => this.readAtWork() },
        sessions: {
          all: () => sessions.values(),
          get: (client) => sessions.get(client),
          onlineCount: () => sessions.size,
        },
        bus,
        clock: { ...hand, monotonic: () => this.now() },
        holdMs: 120_000,
        presenceMs: 30_000,
        log: silentLog,
        signal: this.#life.signal,
        onOutage: () => {},
      })
      this.#run = this.brake.run(this.#life.signal)
    }

    now(): number {
      return this.hand.monotonic() + this.#passedOver
    }

    hear(clients: readonly string[]): void {
      for (const client of clients as readonly ClientId[]) {
        const session = this.sessions.get(client)
        if (session) {
          session.echoed = session.serverSeq
          session.serverSeq += 1
        } else this.sessions.set(client, { client, phase: 'ready', serverSeq: 0, echoed: 0 } as unknown as Session)
      }
    }

    standStill(ms: number): void {
      this.#passedOver += ms
    }

    async beat(ms: number, clients: readonly string[]): Promise<void> {
      for (let left = ms; left > 0; left -= LOOK) {
        await this.hand.advance(LOOK)
        this.hear(clients)
      }
      await this.hand.settle()
    }

    async [Symbol.asyncDispose](): Promise<void> {
      this.#life.abort()
      await this.#run
    }
  }

  it('for longer than presence concludes nothing from it, whichever timer comes first', async () => {
    await using alone = new Alone(['ann'], ['bob'])
    const { brake } = alone
    await alone.hand.settle()
    alone.standStill(39_000)
    assert.equal(brake.braked(), 'nothing')
    alone.standStill(2_000)
    assert.equal(brake.braked(), 'handed-out', 'also of those in contact it has heard nothing')
    await alone.hand.settle()
    assert.deepEqual([brake.state().reason, brake.state().gone, brake.state().back], ['server-paused', 2, 0])
    assert.equal(brake.braked(), 'handed-out')
  })

  it('while no work is out is no reason for an alert', async () => {
    await using alone = new Alone(['ann'], [])
    await alone.hand.settle()
    alone.standStill(41_000)
    assert.equal(alone.brake.braked(), 'handed-out', 'until it has looked')
    await alone.hand.settle()
    assert.deepEqual([alone.brake.isOn(), alone.brake.braked()], [false, 'nothing'])
  })

  it('while the brake was on begins to wait anew: the time in which nobody could be heard does not count', async () => {
    await using alone = new Alone(['ann'], ['ann', 'bob'])
    alone.brake.serverStarted(['ann', 'bob'] as unknown as readonly ClientId[])
    await alone.beat(60_000, ['ann'])
    alone.standStill(PAUSE)
    assert.equal(alone.brake.braked(), 'handed-out')
    await alone.beat(60_000, ['ann'])
    assert.deepEqual([alone.brake.braked(), alone.brake.state().back], ['handed-out', 1])
    await alone.beat(20_000, ['ann', 'bob'])
    assert.equal(alone.brake.braked(), 'nothing')
  })

  it('takes nobody for back who was heard before', async () => {
    const clients = Array.from({ length: 10 }, (_, n) => `pc-${n}`)
    await using alone = new Alone([], clients)
    alone.brake.serverStarted(clients as unknown as readonly ClientId[])
    await alone.beat(20_000, clients.slice(2))
    assert.equal(alone.brake.state().back, 8)
    alone.standStill(120_000)
    assert.equal(alone.brake.braked(), 'handed-out')
    await alone.hand.settle()
    alone.hear(['pc-0'])
    await alone.hand.advance(LOOK)
    await alone.hand.settle()
    assert.deepEqual([alone.brake.braked(), alone.brake.state().back], ['handed-out', 1])
  })

  it('takes nobody for back by what was said before the pause and is read only now', async () => {
    await using alone = new Alone(['ann'], ['ann'])
    await alone.beat(20_000, ['ann'])
    alone.standStill(PAUSE)
    assert.equal(alone.brake.braked(), 'handed-out')
    // It echoes what was said before the pause: it may have been sent then, and its sender gone since.
    await alone.beat(20_000, [])
    alone.hear(['ann'])
    await alone.beat(LOOK, [])
    assert.deepEqual([alone.brake.braked(), alone.brake.state().back], ['handed-out', 0])
    alone.hear(['ann'])
    await alone.beat(LOOK, [])
    assert.equal(alone.brake.braked(), 'nothing')
  })

  it('and one whose store could not be written for as long are the same', async () => {
    await using alone = new Alone(['ann'], ['ann'])
    await alone.hand.settle()
    const fails = async (ms: number): Promise<void> => {
      alone.brake.storeFailed()
      await alone.beat(ms, [])
    }
    await fails(20_000)
    await fails(40_000)
    await fails(10_000)
    assert.equal(alone.brake.braked(), 'nothing', 'neither outage was long')
    await fails(30_000)
    alone.brake.storeFailed()
    await alone.hand.settle()
    assert.deepEqual([alone.brake.braked(), alone.brake.state().reason], ['handed-out', 'server-paused'])
    await alone.beat(30_000, ['ann'])
    assert.equal(alone.brake.braked(), 'nothing')
  })

  it('is not over while the store goes on failing, though all are heard', async () => {
    await using alone = new Alone(['ann'], ['ann'])
    await alone.hand.settle()
    for (let s = 0; s < 200; s += 20) {
      alone.brake.storeFailed()
      for (const _ of [1, 2]) {
        await alone.beat(10_000, ['ann'])
        assert.equal(alone.brake.braked(), s < 40 ? 'nothing' : 'handed-out', `after ${s} s`)
      }
    }
    await alone.beat(20_000, ['ann'])
    assert.equal(alone.brake.braked(), 'nothing')
  })

  it('asks again at its next look, not without end, while the store cannot be read either', async () => {
    let asked = 0
    await using alone = new Alone(['ann'], ['ann'])
    alone.readAtWork = () => {
      asked += 1
      alone.brake.storeFailed()
      return Promise.reject(new Error('out'))
    }
    await alone.hand.settle()
    alone.standStill(41_000)
    assert.equal(alone.brake.braked(), 'handed-out')
    for (let n = 0; n < 50; n++) await alone.hand.settle()
    assert.equal(asked, 1)
    await alone.beat(20_000, ['ann'])
    assert.deepEqual([asked, alone.brake.braked()], [3, 'handed-out'])
  })

  it('waits for those who have work, though all others are back', async () => {
    const clients = Array.from({ length: 100 }, (_, n) => `pc-${n}`)
    await using alone = new Alone(clients, clients.slice(0, 8))
    await alone.hand.settle()
    alone.standStill(120_000)
    assert.equal(alone.brake.braked(), 'handed-out')
    alone.sessions.clear()
    await alone.beat(20_000, clients.slice(8))
    assert.equal(alone.brake.braked(), 'handed-out')
    await alone.beat(20_000, clients)
    assert.equal(alone.brake.braked(), 'nothing')
  })
})

describe('a fence from the future', () => {
  it('stops all hand-over with an alert, stays with its client, and is over once fences are beyond it', async () => {
    await using world = await EngineWorld.start()
    const [ann] = (await fleet(world, 1)) as [ScriptedClient]
    await world.task()
    const item = itemOf(ann)
    // The store is put back to what it was: it knows neither the execution nor its fence.
    const counter = world.databases.main.prepare(`update counter set value = ? where name = 'fence'`)
    counter.run(item.fence - 1)
    ann.finish(item)
    await world.clock.advance(20)
    assert.equal(ann.all('acknowledge').length, 0, 'the client keeps it')
    assert.deepEqual(await world.store.readFutureFence({}), {
      client: ann.id,
      fence: item.fence,
      since: world.clock.wall() - 20,
    })
    const next = await world.task()
    await beat(world, 20_000, [ann])
    assert.equal((await world.only(next.id)).state, 'queued')
    counter.run(item.fence + 2 ** 32)
    assert.equal(await world.store.readFutureFence({}), null)
    ann.finish(item)
    await world.clock.advance(20)
    assert.equal(ann.last('acknowledge').results[0]?.disposition, 'applied', 'and nothing was lost')
    assert.equal(itemOf(ann).execution, (await world.only(next.id)).id)
    const audited = world.databases.main.prepare(`select subject from audit where action = 'fence.future'`).all()
    assert.deepEqual(
      audited.map((row) => row['subject']),
      [ann.id],
    )
  })

  it('in an inventory leaves what runs alone, and takes nothing that is missing for proved', async () => {
    await using world = await EngineWorld.start()
    const [ann] = (await fleet(world, 1)) as [ScriptedClient]
    const task = await world.task()
    const { execution, attempt, fence, fenceProof } = itemOf(ann)
    world.databases.main.prepare(`update counter set value = ? where name = 'fence'`).run(fence - 1)
    ann.answersPings = false
    const entry = { execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 } as const
    await ann.join(world.engine.door, [entry], 1)
    assert.deepEqual(ann.last('reconciled').attempts, [])
    assert.notEqual((await world.only(task.id)).state, 'queued')
    assert.notEqual(await world.store.readFutureFence({}), null)
  })

  it('without proof is refused and stops nothing', async () => {
    await using world = await EngineWorld.start()
    const [ann] = (await fleet(world, 1)) as [ScriptedClient]
    await world.task()
    const item = itemOf(ann)
    ann.finish(item, { fence: item.fence + 1_000 })
    await world.clock.advance(20)
    assert.equal(ann.last('acknowledge').results[0]?.disposition, 'refused')
    assert.equal(await world.store.readFutureFence({}), null)
  })
})
