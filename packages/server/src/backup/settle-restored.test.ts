import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { occurrencesOf } from '#schedules/schedule.ts'
import { createLocalStore } from '#store/sqlite/local-store.ts'
import { EngineWorld } from '#testing/engine-world.ts'

import { settleRestored, type Settled } from './settle-restored.ts'

const HOUR = 3_600_000

/** The server is killed, its store taken for a backup that is restored after some time, and the server started. */
async function restoreAfter(world: EngineWorld, ms: number): Promise<Settled> {
  const { databases, ids, clock } = world
  const madeAt = clock.wall()
  await world.crashServer()
  clock.suspend(ms)
  await using store = createLocalStore({ databases, ids, clock, schedule: queueMicrotask })
  const settled = await settleRestored(
    { store, clock, nextAfter: (task, after) => occurrencesOf(task).next(after) },
    { madeAt, replacedFence: 0 },
  )
  await world.startServer()
  return settled
}

describe('a store that went back to a backup', () => {
  it('calls lost whatever was not final, and hands none of it out', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door, [], 1)
    const running = await world.task()
    const queued = await world.task()
    ann.vanish()
    assert.deepEqual(await restoreAfter(world, HOUR), { lost: 2, skipped: 0 })
    for (const { id } of [running, queued]) {
      const execution = await world.only(id)
      assert.deepEqual([execution.state, execution.reason], ['lost', 'restored'])
      const task = await world.taskNow(id)
      assert.deepEqual([task.status, task.outcome, task.counts.lost], ['completed', 'failed', 1])
    }
    ann.received.length = 0
    await ann.join(world.engine.door)
    assert.deepEqual(ann.executions(), [])
  })

  it('keeps the result of a client that was at work as a late one', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    ann.vanish()
    await restoreAfter(world, HOUR)
    const { execution, attempt, fence, fenceProof } = item
    await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'ended', outputBytes: 0 }])
    ann.finish(item)
    await world.clock.advance(20)
    assert.equal(ann.last('acknowledge').results[0]?.disposition, 'late')
    assert.equal((await world.only(task.id)).state, 'lost')
  })

  it('gives its list of plugins a number that no client can have, however often it is restored', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    const before = (await world.store.settleManifest({ now: world.clock.wall() })).revision
    for (let time = 0; time < 2; time++) {
      await restoreAfter(world, HOUR)
      await ann.join(world.engine.door)
      // What it knows of the life before has the number of a later list, perhaps; it is told the whole list all the same.
      const { revision, from } = ann.last('plugins')
      assert.ok(from === null && revision > before + 2 ** 32, `${revision}`)
      assert.ok(revision !== ann.manifestRevision)
      ann.manifestRevision = revision
      ann.vanish()
    }
  })

  it('leaves results of the time that was lost with their clients, unanswered', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const task = await world.task()
    const [item] = ann.executions()
    assert.ok(item)
    ann.vanish()
    // The backup is from before the task.
    for (const table of ['execution', 'run', 'task']) world.databases.main.exec(`delete from ${table}`)
    await restoreAfter(world, HOUR)
    const { execution, attempt, fence, fenceProof } = item
    ann.received.length = 0
    await ann.join(world.engine.door, [{ execution, attempt, fence, fenceProof, phase: 'ended', outputBytes: 0 }])
    ann.finish(item)
    await world.clock.advance(20)
    assert.deepEqual(
      ann.all('acknowledge').flatMap(({ results }) => results),
      [],
    )
    assert.ok(task)
  })

  it('has a fence that no client can have seen, so that nobody can prove one from its future', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task()
    const before = ann.executions()[0]?.fence ?? 0
    ann.vanish()
    await restoreAfter(world, HOUR)
    ann.received.length = 0
    await ann.join(world.engine.door)
    await world.task()
    const after = ann.executions()[0]?.fence ?? 0
    assert.ok(before > 0 && after > before + 2 ** 32 - 1 && Number.isSafeInteger(after), `${before} ${after}`)
  })

  it('hands out on, when the same backup is restored a second time', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    const main = world.databases.main
    const fenceOf = (): number =>
      Number(main.prepare(`select value from counter where name = 'fence'`).get()?.['value'])
    await ann.join(world.engine.door)
    await world.task()
    const [first] = ann.executions()
    assert.ok(first)
    const inBackup = fenceOf()
    const seen: number[] = [first.fence]
    for (let restore = 0; restore < 3; restore++) {
      ann.vanish()
      main.prepare(`update counter set value = ? where name = 'fence'`).run(inBackup)
      await restoreAfter(world, HOUR)
      ann.received.length = 0
      await ann.join(world.engine.door)
      await world.task()
      const [item] = ann.executions()
      assert.ok(item, 'nothing is handed out')
      assert.ok(item.fence > Math.max(...seen), `${item.fence} after ${seen.join(', ')}`)
      seen.push(item.fence)
      ann.finish(item)
      await world.clock.advance(20)
    }
    assert.equal(await world.store.readFutureFence({}), null)
  })

  it('catches nothing up: schedules go on with their next time, what was due once is over', async () => {
    await using world = await EngineWorld.start()
    const startAt = world.clock.wall() + HOUR
    const schedule = await world.task({ type: 'scheduled', startAt, intervalMs: HOUR, owner: 'all' })
    const once = await world.task({ startAt, owner: 'all' })
    const later = await world.task({ startAt: startAt + 100 * HOUR, owner: 'all' })
    assert.deepEqual(await restoreAfter(world, 10 * HOUR + 60_000), { lost: 0, skipped: 2 })
    await world.clock.advance(1_000)
    const now = await world.taskNow(schedule.id)
    assert.deepEqual([now.lastRun, now.nextRunAt], [null, startAt + 10 * HOUR])
    const { status, outcome } = await world.taskNow(once.id)
    assert.deepEqual([status, outcome], ['completed', 'skipped'])
    assert.equal((await world.taskNow(later.id)).nextRunAt, startAt + 100 * HOUR)
  })

  it('signs everybody out, and says in the audit trail what was done', async () => {
    await using world = await EngineWorld.start()
    await world.user('alice')
    const session = { now: world.clock.wall(), user: 'alice', hash: 'h', expiresAt: world.clock.wall() + 9e9 }
    world.databases.main
      .prepare(
        `insert into web_session (hash, user_id, created_at, last_used_at, expires_at)
          select ?, id, 1, 1, ? from user where name = ?`,
      )
      .run(session.hash, session.expiresAt, session.user)
    await restoreAfter(world, HOUR)
    const one = (sql: string): unknown => Object.values(world.databases.main.prepare(sql).get() ?? {})[0]
    assert.equal(one('select count(*) from web_session'), 0)
    assert.equal(one(`select count(*) from audit where action = 'store.restore'`), 1)
  })
})

leakCheck()
