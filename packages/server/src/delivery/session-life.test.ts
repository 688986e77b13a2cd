import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { refusal } from '@octopus/protocol/errors.ts'

import { revokeClient } from '#clients/manage-client.ts'
import { deleteClient } from '#deleting/delete-things.ts'
import { cancelWork } from '#executions/cancel-work.ts'
import { EngineWorld } from '#testing/engine-world.ts'

/** How many executions a task for all has that is due now. */
async function reached(world: EngineWorld): Promise<number> {
  const { id } = await world.task({ owner: 'all' })
  return (await world.taskNow(id)).counts.total
}

const actor = { kind: 'user', name: 'me' } as const

describe('a session, and with it a place in tasks for all', () => {
  it('outlives its connection', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    ann.cut()
    await world.clock.advance(1_000)
    assert.equal(await reached(world), 1)
  })

  it('ends with presence', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    ann.heartbeat()
    ann.vanish()
    await world.clock.advance(29_000)
    assert.equal(await reached(world), 1)
    await world.clock.advance(3_000)
    assert.equal(await reached(world), 0)
  })

  it('ends when no page of the inventory comes for two presences, whatever else is said', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    ann.connect(world.engine.door)
    ann.hello()
    await world.clock.settle()
    const sayFor = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 5_000) {
        await world.clock.advance(5_000)
        ann.heartbeat()
      }
    }
    // A slow line: each page starts the time anew.
    for (let page = 0; page < 3; page++) {
      await sayFor(55_000)
      ann.inventoryPage(false, [])
    }
    await sayFor(55_000)
    assert.deepEqual([ann.closedWith, world.engine.presence.isOnline(ann.id)], [undefined, true])
    const { downloadToken } = ann.last('welcome')
    await sayFor(10_000)
    assert.deepEqual([ann.closedWith, world.engine.presence.isOnline(ann.id)], ['no inventory in time', false])
    assert.equal(world.engine.door.clientOfDownloadToken(downloadToken), undefined)
  })

  it('does not end while its inventory waits for the store', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    const { reconcile } = world.store
    const slow = Promise.withResolvers<void>()
    Object.assign(world.store, {
      reconcile: (input: Parameters<typeof reconcile>[0]) => slow.promise.then(() => reconcile(input)),
    })
    await ann.join(world.engine.door)
    for (let n = 0; n < 20; n++) {
      await world.clock.advance(10_000)
      ann.heartbeat()
    }
    slow.resolve()
    await world.clock.advance(50)
    await world.task()
    assert.equal(ann.executions().length, 1)
  })

  it('ends at once when its client says that it leaves', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    ann.say({ type: 'leaving', reason: 'shut down' })
    await world.clock.advance(20)
    assert.equal(await reached(world), 0)
  })

  it('is ended by no restart of the server before three intervals and 90 s have passed; its work waits', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.crashServer()
    await world.startServer()
    await world.clock.advance(115_000)
    const task = await world.task({ owner: 'all' })
    assert.equal((await world.only(task.id)).state, 'queued')
    await world.clock.advance(10_000)
    assert.equal(await reached(world), 0)
    await ann.join(world.engine.door)
    assert.equal((await world.only(task.id)).state, 'assigned')
  })
})

describe('a session at a restart of the server', () => {
  const HEARTBEATS_MS = [1_000, 10_000, 60_000] as const

  it('lasts three of its own intervals, and 90 s, however many of each there are', async () => {
    // Long enough for a client that says little.
    await using world = await EngineWorld.start(300_000)
    for (const heartbeatMs of HEARTBEATS_MS) {
      const client = await world.client(`every ${heartbeatMs} ms`)
      client.connect(world.engine.door)
      client.hello({ heartbeatMs })
      await world.clock.settle()
      assert.equal(client.last('welcome').heartbeatMs, heartbeatMs)
    }
    await world.crashServer()
    await world.startServer()
    const left: number[] = []
    let passedMs = 0
    for (const endsMs of HEARTBEATS_MS.map((heartbeatMs) => 3 * heartbeatMs + 90_000)) {
      for (const lookMs of [endsMs - 1_000, endsMs + 1_000]) {
        await world.clock.advance(lookMs - passedMs)
        // A task that is made takes 20 ms.
        passedMs = lookMs + 20
        left.push(await reached(world))
      }
    }
    assert.deepEqual(left, [3, 2, 2, 1, 1, 0])
  })
})

describe('work whose time passed while the server was away', () => {
  it('gets a minute for its end whenever its client comes back to a server that has just started', async () => {
    await using world = await EngineWorld.start()
    const userId = await world.user('ann')
    const ann = await world.client('ann', 'ann')
    await ann.join(world.engine.door)
    const task = await world.task({ owner: 'user', userId, timeoutMs: 60_000, deadlineMs: 60_000 })
    const [item] = ann.executions()
    assert.ok(item)
    const { execution, attempt, fence, fenceProof } = item
    for (let n = 0; n < 2; n++) {
      await world.crashServer()
      ann.vanish()
      await world.clock.advance(600_000)
      await world.startServer()
      await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'ended', outputBytes: 0 }])
      ann.heartbeat()
      await world.clock.advance(20_000)
    }
    ann.finish(item)
    await world.clock.advance(20)
    assert.equal((await world.only(task.id)).state, 'succeeded')
  })
})

describe('work whose time passed while its result could not be stored', () => {
  it('gets a minute for its end when its client comes back, also where it had one before in vain', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ timeoutMs: 60_000, deadlineMs: 60_000 })
    const [item] = ann.executions()
    assert.ok(item)
    const { execution, attempt, fence, fenceProof } = item
    const comeBack = (): Promise<void> =>
      ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'ended', outputBytes: 0 }])
    const { storeResults } = world.store
    Object.assign(world.store, { storeResults: () => Promise.reject(refusal('STORE_UNAVAILABLE')) })
    for (let ms = 0; ms < 400_000; ms += 10_000) {
      ann.finish(item)
      await world.clock.advance(6_000)
      await comeBack()
    }
    Object.assign(world.store, { storeResults })
    ann.finish(item)
    await world.clock.advance(20)
    assert.equal((await world.only(task.id)).state, 'succeeded')
  })
})

describe('a cancel that is committed together with the inventory of a client that is back', () => {
  it('reaches the client after it was told to go on', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    const { execution, attempt, fence, fenceProof } = item
    const { reconcile } = world.store
    const needs = { store: world.store, bus: world.engine.bus, clock: world.clock }
    Object.assign(world.store, {
      reconcile: (input: Parameters<typeof reconcile>[0]) => {
        const settled = reconcile(input)
        void cancelWork(needs, { task: task.id }, { kind: 'user', name: 'me' })
        return settled
      },
    })
    ann.cut()
    await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 }])
    assert.deepEqual(
      ann.last('reconciled').attempts.map(({ verdict }) => verdict),
      ['go-on'],
    )
    assert.deepEqual(
      ann.all('cancel').flatMap(({ executions }) => executions),
      [{ execution, attempt, fence, reason: 'cancelled', ifNotStarted: false }],
    )
    const said = ann.received.map(({ type }) => type)
    assert.ok(said.lastIndexOf('cancel') > said.lastIndexOf('reconciled'))
  })
})

describe('what is committed together with a session', () => {
  for (const [how, shutOut] of [
    ['deleted', deleteClient],
    ['revoked', revokeClient],
  ] as const) {
    it(`may be the end of its client, which is shut out all the same when it is ${how}`, async () => {
      await using world = await EngineWorld.start()
      const ann = await world.client('ann')
      const { beginSession } = world.store
      const needs = { store: world.store, bus: world.engine.bus, clock: world.clock }
      Object.assign(world.store, {
        beginSession: (input: Parameters<typeof beginSession>[0]) => {
          const begun = beginSession(input)
          void shutOut(needs, ann.id, actor)
          return begun
        },
      })
      ann.connect(world.engine.door)
      ann.hello()
      await world.clock.settle()
      ann.inventory([])
      await world.clock.settle()
      assert.equal(world.engine.presence.isOnline(ann.id), false)
      assert.ok(ann.closedWith !== undefined)
    })
  }

  for (const [how, shutOut, code] of [
    ['deleted', deleteClient, 'unknown-client'],
    ['revoked', revokeClient, 'revoked'],
  ] as const) {
    it(`may be the end of its client, which is not welcomed when it is ${how}`, async () => {
      await using world = await EngineWorld.start()
      const ann = await world.client('ann')
      const { beginSession } = world.store
      const needs = { store: world.store, bus: world.engine.bus, clock: world.clock }
      Object.assign(world.store, {
        beginSession: async (input: Parameters<typeof beginSession>[0]) => {
          const begun = await beginSession(input)
          await shutOut(needs, ann.id, actor)
          return begun
        },
      })
      ann.connect(world.engine.door)
      ann.hello()
      await world.clock.settle()
      assert.deepEqual([ann.all('welcome'), ann.last('refused').code], [[], code])
      assert.equal(world.engine.presence.isOnline(ann.id), false)
      assert.deepEqual(await world.store.readOpenSessions({}), [])
    })
  }

  it('may be the end of what it goes on with, which takes no slot then', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ timeoutMs: 1_000 })
    const [item] = ann.executions()
    assert.ok(item)
    const { execution, attempt, fence, fenceProof } = item
    ann.cut()
    const { reconcile, endOverdue } = world.store
    Object.assign(world.store, {
      reconcile: (input: Parameters<typeof reconcile>[0]) => {
        const settled = reconcile(input)
        const later = 3_600_000
        const times = { now: world.clock.wall() + later, steady: world.engine.steady() + later }
        void endOverdue({ ...times, limit: 1, braked: 'nothing' }).then(({ touched }) =>
          world.engine.bus.publish('touched', touched),
        )
        return settled
      },
    })
    await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 }])
    assert.equal((await world.only(task.id)).state, 'timed-out')
    assert.equal(world.engine.presence.slotsUsed(ann.id), 0)
  })
})

describe('what was changed at a client while it is connected', () => {
  it('counts a moment later when the store could not be read at once', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const drain = async (draining: boolean): Promise<void> => {
      await world.store.setDraining({ now: world.clock.wall(), actor, client: ann.id, draining })
      world.engine.bus.publish('client-changed', { client: ann.id })
      await world.clock.advance(20)
    }
    await drain(true)
    const { readClient } = world.store
    let reads = 0
    Object.assign(world.store, {
      readClient: (input: Parameters<typeof readClient>[0]) =>
        ++reads <= 2 ? Promise.reject(refusal('STORE_UNAVAILABLE')) : readClient(input),
    })
    await drain(false)
    const task = await world.task()
    await world.clock.advance(3_000)
    assert.deepEqual([(await world.only(task.id)).state, ann.last('drain').on, reads], ['assigned', false, 3])
  })

  it('is asked for once at a time, however often it changes while the store is out, and once more for the last change', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const { readClient } = world.store
    let reads = 0
    Object.assign(world.store, {
      readClient: () => {
        reads += 1
        return Promise.reject(refusal('STORE_UNAVAILABLE'))
      },
    })
    for (let n = 0; n < 50; n++) world.engine.bus.publish('client-changed', { client: ann.id })
    await world.clock.advance(2_500)
    assert.equal(reads, 3)
    Object.assign(world.store, {
      readClient: (input: Parameters<typeof readClient>[0]) => {
        reads += 1
        return readClient(input)
      },
    })
    await world.clock.advance(5_000)
    assert.equal(reads, 5)
  })
})

describe('an end of session', () => {
  it('that the store refuses is stored a moment later, and the hold is none the longer for it', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    ann.heartbeat()
    const { endSession } = world.store
    let tries = 0
    Object.assign(world.store, {
      endSession: (input: Parameters<typeof endSession>[0]) =>
        ++tries <= 3 ? Promise.reject(refusal('STORE_UNAVAILABLE')) : endSession(input),
    })
    ann.vanish()
    await world.clock.advance(31_000)
    assert.ok(tries > 0)
    await world.clock.advance(4_000)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    await world.clock.advance(127_500 - 35_000)
    assert.equal((await world.only(task.id)).state, 'lost')
  })

  it('is the end of what its client had said before and nobody had come to yet', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    const { execution, attempt, fence } = item
    const slow = Promise.withResolvers<void>()
    const { recordSynced } = world.store
    Object.assign(world.store, {
      recordSynced: (input: Parameters<typeof recordSynced>[0]) => slow.promise.then(() => recordSynced(input)),
    })
    ann.say({ type: 'synced', revision: 1, missing: [] })
    ann.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
    ann.vanish()
    await world.clock.advance(40_000)
    assert.equal((await world.only(task.id)).state, 'disconnected')
    slow.resolve()
    await world.clock.advance(1_000)
    assert.equal((await world.only(task.id)).state, 'disconnected', 'nobody watches over it any more')
    await world.clock.advance(120_000)
    assert.equal((await world.only(task.id)).state, 'lost')
  })
})

describe('what is overdue when its client comes back', () => {
  it('has its minute once, however often that client comes back', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task({ timeoutMs: 60_000, deadlineMs: 60_000 })
    const [item] = ann.executions()
    assert.ok(item)
    const { execution, attempt, fence, fenceProof } = item
    ann.say({ type: 'started', executions: [{ execution, attempt, fence, startedAt: world.clock.wall() }] })
    const startedAt = world.clock.monotonic()
    // Two minutes after its start the server ends it alone; each of these is less than a minute before its end.
    for (const ms of [100_000, 115_000, 130_000, 145_000]) {
      await world.clock.advance(startedAt + ms - world.clock.monotonic())
      ann.heartbeat()
      ann.cut()
      await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'started', outputBytes: 0 }])
      ann.heartbeat()
    }
    assert.equal((await world.only(task.id)).state, 'running')
    await world.clock.advance(startedAt + 175_000 - world.clock.monotonic())
    const { state, reason } = await world.only(task.id)
    assert.deepEqual([state, reason], ['timed-out', 'server-limit'])
  })
})

describe('a server that is stopped on purpose', () => {
  it('tells its clients when to come back', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.engine.stop(2_000)
    assert.equal(ann.last('moving').reconnectAfterMs, 2_000)
    assert.ok(ann.closedWith !== undefined)
  })
})
