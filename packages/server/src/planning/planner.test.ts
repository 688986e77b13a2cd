import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { EngineWorld } from '#testing/engine-world.ts'

describe('the planner', () => {
  it('makes one run at its due time, and sleeps until then', async () => {
    await using world = await EngineWorld.start()
    const task = await world.task({ startAt: world.clock.wall() + 60_000 })
    await world.clock.advance(59_900)
    assert.equal((await world.taskNow(task.id)).counts.total, 0)
    await world.clock.advance(200)
    assert.equal((await world.taskNow(task.id)).counts.total, 1)
  })

  it('catches up only the last occurrence of an outage, and calls it so', async () => {
    await using world = await EngineWorld.start()
    const startAt = world.clock.wall() + 1_000
    const task = await world.task({ type: 'scheduled', startAt, endAt: startAt + 600_000, intervalMs: 10_000 })
    await world.clock.advance(5_000)
    await world.crashServer()
    await world.clock.advance(60_000)
    await world.startServer()
    await world.clock.advance(50)
    const runs = await world.store.listRuns({ limit: 50, after: null, filter: { task: task.id } })
    assert.deepEqual(
      runs.items.map((run) => [run.cause.kind, run.dueAt - startAt]),
      [
        ['catch-up', 60_000],
        ['schedule', 0],
      ],
    )
  })

  it('takes a wall clock that was set forward for an outage, and one set back for nothing', async () => {
    await using world = await EngineWorld.start()
    const startAt = world.clock.wall()
    const task = await world.task({ type: 'scheduled', startAt, endAt: startAt + 3_600_000, intervalMs: 10_000 })
    const count = async (): Promise<number> => (await world.taskNow(task.id)).counts.total
    assert.equal(await count(), 1)
    world.clock.stepWall(605_000)
    await world.clock.advance(10_000)
    assert.equal(await count(), 2)
    world.clock.stepWall(-605_000)
    await world.clock.advance(30_000)
    assert.equal(await count(), 2)
  })

  it('plans nothing while all work is stopped', async () => {
    await using world = await EngineWorld.start()
    const actor = { kind: 'user', name: 'me' } as const
    await world.store.setWorkStopped({ now: world.clock.wall(), actor, stopped: true })
    const task = await world.task()
    await world.clock.advance(1_000)
    assert.equal((await world.taskNow(task.id)).counts.total, 0)
  })

  it('writes the audience of a large run in slices, each client once', async () => {
    await using world = await EngineWorld.start()
    const insert = world.databases.main.prepare(
      `insert into client (id, name, status, version, public_key, fingerprint, session_id, revision, created_at)
        values (?, ?, 'approved', '1', ?, '', 'session', 1, 0)`,
    )
    for (let i = 0; i < 1_234; i++) insert.run(`client-${i}`, `pc-${i}`, `key-${i}`)
    const task = await world.task({ owner: 'all' })
    await world.clock.advance(200)
    const counts = (await world.taskNow(task.id)).counts
    assert.deepEqual([counts.total, counts.queued], [1_234, 1_234])
    const left = world.databases.main.prepare('select audience_left, rows_written from run').get()
    assert.deepEqual({ ...left }, { audience_left: null, rows_written: 1_234 })
  })
})
