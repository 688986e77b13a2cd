import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { NotificationEvent } from '@octopus/protocol/rest/notifications.ts'
import { NOTIFICATION_EVENTS } from '@octopus/protocol/rest/notifications.ts'

import { EngineWorld } from '#testing/engine-world.ts'

import { lineOf } from './notice.ts'
import type { TargetSettings } from './notification-store.ts'
import { notify } from './notify.ts'
import type { Outgoing } from './sender.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const actor = { kind: 'system', name: 'test' } as const

/** An engine whose notifications go to `deliver`. */
async function start(deliver: (target: string, message: Outgoing, signal: AbortSignal | undefined) => Promise<void>) {
  const world = await EngineWorld.start()
  const life = new AbortController()
  const sent: [target: string, lines: string[]][] = []
  const sender = {
    send: async ({ name }: { name: string }, message: Outgoing, signal?: AbortSignal) => {
      await deliver(name, message, signal)
      sent.push([name, message.body.notices.map(lineOf)])
    },
  }
  const { store, clock } = world
  const running = notify({ store, sender, clock, log: createCapturedLog() }, life.signal)
  const addTarget = async (name: string, changes: Partial<TargetSettings> = {}): Promise<void> => {
    const events: readonly NotificationEvent[] = NOTIFICATION_EVENTS
    const settings = { name, url: 'https://x', secret: null, recipients: [], events, tasks: null, enabled: true }
    await store.createTarget({ now: clock.wall(), actor, kind: 'webhook', settings: { ...settings, ...changes } })
  }
  const messages = async () => (await store.listMessages({ limit: 200, after: null, filter: {} })).items
  return {
    world,
    sent,
    addTarget,
    messages,
    stop: async () => {
      life.abort(new Error('the server is stopping'))
      await running
    },
    [Symbol.asyncDispose]: async () => {
      life.abort()
      await clock.advance(10_000)
      await running
      await world[Symbol.asyncDispose]()
    },
  }
}

const taken = async (): Promise<void> => {}

async function failOne(world: EngineWorld, client: Awaited<ReturnType<EngineWorld['client']>>, name = 't') {
  const task = await world.task({ name })
  const item = client.executions().at(-1)
  assert.ok(item)
  client.finish(item, { end: 'failed', reason: 'exception' })
  await world.clock.advance(20)
  return task
}

describe('notifications', () => {
  it('tell of a failure soon, once, and of nothing that went well', async () => {
    await using all = await start(taken)
    const { world, sent, addTarget } = all
    await addTarget('chat')
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task()
    ann.finish(ann.executions().at(-1) as never)
    await world.clock.advance(10_000)
    ann.heartbeat()
    await failOne(world, ann, 'Disk report')
    ann.heartbeat()
    await world.clock.advance(15_000)
    assert.deepEqual(sent, [['chat', ['Disk report: failed']]])
  })

  for (const late of ['succeeded', 'failed'] as const) {
    it(`tell of what the server gave up, and nothing when its result comes late: ${late}`, async () => {
      await using all = await start(taken)
      const { world, sent, addTarget } = all
      await addTarget('chat')
      const ann = await world.client('ann')
      await ann.join(world.engine.door)
      const { id } = await world.task({ name: 'Disk report', timeoutMs: 1_000, deadlineMs: MINUTE })
      const item = ann.executions().at(-1)
      assert.ok(item)
      const wait = async (forMs: number): Promise<void> => {
        for (let ms = 0; ms < forMs; ms += 10_000) {
          ann.heartbeat()
          await world.clock.advance(10_000)
        }
      }
      await wait(5 * MINUTE)
      const told = [['chat', ['Disk report: timed out']]]
      assert.deepEqual(sent, told)
      ann.finish(item, { end: late, reason: late === 'failed' ? 'exception' : 'finished' })
      // Longer than anything is collected, or told again.
      await wait(2 * HOUR)
      const { id: execution } = await world.only(id)
      const { state, lateResults } = await world.detail(execution)
      assert.deepEqual([state, lateResults.map(({ end }) => end)], ['timed-out', [late]])
      assert.deepEqual(sent, told)
    })
  }

  it('tell of a run with a thousand failures in one message', async () => {
    await using all = await start(taken)
    const { world, sent, addTarget, messages } = all
    await addTarget('chat')
    const task = await world.task({ owner: 'user', userId: await world.user('alice'), deadlineMs: HOUR })
    const run = (await world.taskNow(task.id)).lastRun
    // A thousand clients would only make this slow: the rows of a run for all are written by hand.
    const columns = (
      world.databases.main.prepare('select name from pragma_table_info(?)').all('execution') as { name: string }[]
    )
      .map(({ name }) => name)
      .filter((name) => name !== 'id' && name !== 'slot_value')
    for (let n = 0; n < 999; n++) {
      world.databases.main
        .prepare(
          `insert into execution (id, slot_value, ${columns.join(', ')})
            select ?, ?, ${columns.join(', ')} from execution where run_id = ? limit 1`,
        )
        .run(world.ids.next(), `pc-${n}`, run)
    }
    world.databases.main
      .prepare('update run set total = 1000, queued = 1000, audience_size = 1000, rows_written = 1000 where id = ?')
      .run(run)
    await world.clock.advance(HOUR + MINUTE)
    assert.deepEqual(sent, [['chat', ['t: 1000 found nobody in time']]])
    assert.equal((await messages()).length, 1)
  })

  /** Clients that fell silent now, by hand: a thousand sockets would only make this slow. */
  function vanishMany(world: EngineWorld, count: number): void {
    const { main } = world.databases
    const columns = (main.prepare('select name from pragma_table_info(?)').all('client') as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => !['id', 'name', 'public_key', 'fingerprint'].includes(name))
      .join(', ')
    const now = world.clock.wall()
    for (let n = 0; n < count; n++) {
      const id = world.ids.next()
      main
        .prepare(
          `insert into client (id, name, public_key, fingerprint, ${columns})
            select ?, ?, ?, ?, ${columns} from client limit 1`,
        )
        .run(id, `pc-${n}`, id, id)
      main
        .prepare(
          `insert into notice (subject, event, client_id, count, first_at, last_at) values (?, 'client-vanished', ?, 1, ?, ?)`,
        )
        .run(id, id, now, now)
    }
  }

  it('of an office that went dark are one line, and keep nothing else waiting', async () => {
    await using all = await start(taken)
    const { world, sent, addTarget } = all
    await addTarget('chat')
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    vanishMany(world, 2_500)
    await failOne(world, ann, 'Disk report')
    await world.clock.advance(10_000)
    assert.deepEqual(sent, [['chat', ['Disk report: failed']]])
    for (let second = 0; second < 400; second += 5) {
      ann.heartbeat()
      await world.clock.advance(5_000)
    }
    assert.deepEqual(sent.slice(1), [['chat', ['2500 clients vanished']]])
    assert.deepEqual(world.databases.main.prepare('select count(*) as n from notice').get()?.['n'], 0)
  })

  it('say nothing of a client that was deleted meanwhile', async () => {
    await using all = await start(taken)
    const { world, sent, addTarget } = all
    await addTarget('chat')
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    for (const one of [ann, bob]) await one.join(world.engine.door)
    ann.vanish()
    bob.vanish()
    await world.clock.advance(2 * MINUTE)
    await world.store.deleteClient({ now: world.clock.wall(), actor, client: ann.id })
    await world.clock.advance(20 * MINUTE)
    assert.deepEqual(sent, [['chat', ['bob vanished']]])
  })

  it('go only to who wants them: by kind, by task, and not while switched off', async () => {
    await using all = await start(taken)
    const { world, sent, addTarget } = all
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const other = await world.task({ name: 'other', startAt: world.clock.wall() + 900 * HOUR })
    await addTarget('all')
    await addTarget('lost only', { events: ['lost'] })
    await addTarget('other only', { tasks: [other.id] })
    await addTarget('off', { enabled: false })
    await failOne(world, ann)
    await world.clock.advance(10_000)
    assert.deepEqual(
      sent.map(([name]) => name),
      ['all'],
    )
  })

  it('tell of a client that fell silent, unless it is back within minutes', async () => {
    await using all = await start(taken)
    const { world, sent, addTarget } = all
    await addTarget('chat')
    const [ann, bob] = [await world.client('ann'), await world.client('bob')]
    await ann.join(world.engine.door)
    await bob.join(world.engine.door)
    ann.vanish()
    bob.vanish()
    await world.clock.advance(2 * MINUTE)
    await bob.join(world.engine.door)
    for (let n = 0; n < 60; n++) {
      bob.heartbeat()
      await world.clock.advance(5_000)
    }
    assert.deepEqual(sent, [['chat', ['ann vanished']]])
  })

  it('arrive in the end at a webhook that answers 500 for an hour, in order, and others do not wait', async () => {
    let isBroken = true
    const tries: string[] = []
    await using all = await start(async (name) => {
      if (name !== 'broken') return
      tries.push(name)
      if (isBroken) throw new Error('It answered 500.')
    })
    const { world, sent, addTarget, messages } = all
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await addTarget('broken', { events: ['failed'] })
    await addTarget('good', { events: ['failed'] })
    await failOne(world, ann)
    await world.clock.advance(HOUR)
    assert.deepEqual(
      sent.map(([name]) => name),
      ['good'],
    )
    const [waiting] = (await messages()).filter(({ target }) => target.name === 'broken')
    assert.deepEqual([waiting?.state, waiting?.problem], ['waiting', 'It answered 500.'])
    assert.ok(tries.length < 12, `${tries.length} tries in an hour`)
    isBroken = false
    await world.clock.advance(HOUR)
    assert.deepEqual(sent.at(-1), ['broken', ['t: failed']])
    const target = (await world.store.listTargets({ limit: 9, after: null })).items.find(
      ({ name }) => name === 'broken',
    )
    assert.deepEqual([target?.problem, target?.lastSentAt !== null], [null, true])
  })

  it('are dead after a day, to be seen and tried again', async () => {
    let isBroken = true
    await using all = await start(async () => {
      if (isBroken) throw new Error('It cannot be reached (ECONNREFUSED).')
    })
    const { world, sent, addTarget, messages } = all
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await addTarget('chat', { events: ['failed'] })
    await failOne(world, ann)
    await world.clock.advance(MINUTE)
    assert.deepEqual(
      (await messages()).map(({ state }) => state),
      ['waiting'],
    )
    world.clock.suspend(24 * HOUR)
    await world.clock.advance(HOUR)
    const [dead] = await messages().then((items) => items.filter(({ state }) => state === 'dead'))
    assert.match(String(dead?.problem), /ECONNREFUSED/)
    isBroken = false
    assert.equal(await world.store.retryMessage({ now: world.clock.wall(), actor, id: dead?.id ?? '' }), true)
    await world.clock.advance(10_000)
    assert.ok(sent.some(([, lines]) => lines.includes('t: failed')))
  })

  for (const [what, waitMs] of [
    ['a message was made', 0],
    ['the target takes it', 10_000],
  ] as const) {
    it(`come all the same when the clock is set back before ${what}`, async () => {
      let isDown = waitMs > 0
      await using all = await start(async () => {
        if (isDown) throw new Error('503')
      })
      const { world, sent, addTarget } = all
      await addTarget('chat')
      const ann = await world.client('ann')
      await ann.join(world.engine.door)
      await failOne(world, ann, 'Disk report')
      await world.clock.advance(waitMs)
      world.clock.stepWall(-8 * HOUR)
      isDown = false
      for (let ms = 0; ms < 3 * MINUTE; ms += 10_000) {
        await world.clock.advance(10_000)
        ann.heartbeat()
      }
      assert.deepEqual(sent, [['chat', ['Disk report: failed']]])
    })
  }

  it('of clients that vanished come once, though the clock is set back in between', async () => {
    await using all = await start(taken)
    const { world, sent, addTarget } = all
    await addTarget('chat')
    const clients = [await world.client('told'), await world.client('ann'), await world.client('bob')]
    for (const client of clients) await client.join(world.engine.door)
    const [told, ann, bob] = clients
    const beat = async (ms: number, ...there: readonly (typeof ann)[]): Promise<void> => {
      for (let left = ms; left > 0; left -= 10_000) {
        for (const client of there) client?.heartbeat()
        await world.clock.advance(10_000)
      }
    }
    told?.vanish()
    await beat(4 * MINUTE, ann, bob)
    ann?.vanish()
    await beat(2 * MINUTE, bob)
    world.clock.stepWall(-8 * HOUR)
    await beat(6 * MINUTE, bob)
    assert.deepEqual(sent, [
      ['chat', ['told vanished']],
      ['chat', ['ann vanished']],
    ])
  })

  it('hold up neither work nor each other when a webhook hangs', async () => {
    const hanging = Promise.withResolvers<void>()
    await using all = await start((name) => (name === 'hangs' ? hanging.promise : taken()))
    const { world, sent, addTarget } = all
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await addTarget('hangs')
    await addTarget('good')
    await failOne(world, ann)
    await world.clock.advance(6_000)
    assert.deepEqual(
      sent.map(([name]) => name),
      ['good'],
    )
    const task = await world.task()
    ann.finish(ann.executions().at(-1) as never)
    await world.clock.advance(20)
    assert.equal((await world.taskNow(task.id)).status, 'completed')
    hanging.reject(new Error('It did not answer in time.'))
    await world.clock.advance(10)
  })

  it('do not hold up a stop when a webhook hangs: what was under way is due again after the start', async () => {
    await using all = await start(async (_, _message, signal) => {
      await new Promise<void>((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    })
    const { world, addTarget, messages, stop } = all
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await addTarget('hangs')
    await failOne(world, ann)
    await world.clock.advance(6_000)
    await stop()
    const [message] = await messages()
    assert.deepEqual([message?.state, message?.tries, message?.problem], ['waiting', 0, null])
    assert.equal((await world.store.readDueMessages({ now: world.clock.wall(), limit: 9 })).length, 1)
  })

  it('are not lost when the server dies before they are sent, and not made twice', async () => {
    await using all = await start(taken)
    const { world, addTarget, messages } = all
    await addTarget('chat')
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await failOne(world, ann)
    // Committed with the result itself: whoever looks first makes the message, and only once.
    const now = world.clock.wall()
    const made = await Promise.all([world.store.settleNotices({ now }), world.store.settleNotices({ now })])
    assert.deepEqual(
      made.map((one) => one.messages),
      [1, 0],
    )
    assert.equal((await messages()).length, 1)
  })
})

leakCheck()
