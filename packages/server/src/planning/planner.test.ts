import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { Checksum, RunId, TaskId } from '@octopus/protocol/ids.ts'

import { cancelWork } from '#executions/cancel-work.ts'
import { retryRun } from '#runs/retry-run.ts'
import { runTaskNow } from '#tasks/run-now.ts'
import { EngineWorld } from '#testing/engine-world.ts'

const actor = { kind: 'user', name: 'me' } as const

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

  it('after a step back runs nothing twice, and passes nothing over, whatever was missed before', async () => {
    await using world = await EngineWorld.start()
    const startAt = world.clock.wall()
    const times = {
      type: 'scheduled',
      startAt,
      endAt: startAt + 3_600_000,
      intervalMs: 10_000,
      catchUp: 'none',
    } as const
    const old = await world.task(times)
    await world.clock.advance(600_000)
    world.clock.stepWall(-300_000)
    // Made on a clock that was set back: the server is up, although it says that it began later than that.
    const young = await world.task({ ...times, startAt: world.clock.wall() + 1_000 })
    await world.clock.advance(299_000)
    assert.equal((await world.taskNow(old.id)).counts.total, 61)
    assert.equal((await world.taskNow(young.id)).counts.total, 30)
    await world.clock.advance(21_000)
    assert.equal((await world.taskNow(old.id)).counts.total, 63)
    assert.equal((await world.taskNow(old.id)).missed.count, 0)
  })

  it('says that the wall clock was set, and by how much, unless it was a little', async () => {
    await using world = await EngineWorld.start()
    const steps: number[] = []
    world.engine.bus.on('clock-stepped', ({ byMs }) => steps.push(byMs))
    await world.clock.advance(15_000)
    for (const step of [4_000, 60_000, -7_000_000]) {
      world.clock.stepWall(step)
      await world.clock.advance(20_000)
    }
    assert.deepEqual(steps, [60_000, -7_000_000])
  })

  it('does with an outage what the task says, and writes down what was left out', async () => {
    await using world = await EngineWorld.start()
    const startAt = world.clock.wall() + 1_000
    const times = { type: 'scheduled', startAt, endAt: startAt + 9_000_000, intervalMs: 10_000 } as const
    const tasks = [
      await world.task({ ...times, catchUp: 'none' }),
      await world.task({ ...times, catchUp: 'last' }),
      await world.task({ ...times, catchUp: 'all' }),
    ]
    await world.clock.advance(5_000)
    await world.crashServer()
    await world.clock.advance(1_500_000)
    await world.startServer()
    await world.clock.advance(500)
    const seen = []
    for (const { id } of tasks) {
      const { items } = await world.store.listRuns({ limit: 200, after: null, filter: { task: id } })
      const { missed } = await world.taskNow(id)
      const made = items.filter(({ cause }) => cause.kind === 'catch-up').map(({ dueAt }) => (dueAt - startAt) / 10_000)
      seen.push([made.length, made.at(-1), made[0], missed.count, missed.last?.reason])
    }
    assert.deepEqual(seen, [
      [0, undefined, undefined, 150, 'outage'],
      [1, 150, 150, 149, 'outage'],
      [100, 51, 150, 50, 'outage'],
    ])
  })

  it('judges what stands in the way of an occurrence after what is past its deadline has expired', async () => {
    await using world = await EngineWorld.start()
    const userId = await world.user('alice')
    const times = { type: 'scheduled', startAt: world.clock.wall(), intervalMs: 60_000 } as const
    const task = await world.task({ owner: 'user', userId, overlap: 'skip', ...times })
    await world.clock.advance(60_100)
    assert.deepEqual(
      (await world.executions(task.id)).map(({ state }) => state),
      ['queued', 'expired'],
    )
  })

  it('plans nothing while all work is stopped', async () => {
    await using world = await EngineWorld.start()
    await world.store.setWorkStopped({ now: world.clock.wall(), actor, stopped: true })
    const task = await world.task()
    await world.clock.advance(1_000)
    assert.equal((await world.taskNow(task.id)).counts.total, 0)
  })

  it('writes the audience of a large run in slices, each client once', async () => {
    await using world = await EngineWorld.start()
    addClients(world, 1_234)
    const task = await world.task({ owner: 'all' })
    await world.clock.advance(200)
    const counts = (await world.taskNow(task.id)).counts
    assert.deepEqual([counts.total, counts.queued], [1_234, 1_234])
    const left = world.databases.main.prepare('select audience_left, rows_written from run').get()
    assert.deepEqual({ ...left }, { audience_left: null, rows_written: 1_234 })
  })

  it('writes the whole audience of what a person runs now, and of what one retries, with nothing else due', async () => {
    await using world = await EngineWorld.start()
    addClients(world, 1_234)
    const { clock, store } = world
    const needs = { store, clock, bus: world.engine.bus }
    const source = 'def run(n): pass'
    const parameter = { name: 'n', kind: 'positional', type: 'unknown', required: true, hasDefault: false } as const
    await store.publishPlugin({
      now: clock.wall(),
      actor,
      name: 'q',
      language: 'python',
      source,
      checksum: sha256Hex(source) as Checksum,
      actions: [{ name: 'run', doc: '', async: false, parameters: [parameter] }],
      doc: '',
      onlyIfNew: false,
    })
    const { id: task } = await world.task({ plugin: 'q', owner: 'all', startAt: clock.wall() + 36e5 })
    const counts = async () => (await world.taskNow(task)).counts
    const first = await runTaskNow(needs, { task, argsJson: null, kwargsJson: null }, actor)
    await clock.advance(200)
    assert.equal((await counts()).queued, 1_234)
    await cancelWork(needs, { run: first }, actor)
    await retryRun(needs, { run: first, execution: null }, actor)
    await clock.advance(200)
    assert.deepEqual([(await counts()).cancelled, (await counts()).queued], [1_234, 1_234])
  })
})

describe('a large run whose executions are still being written', () => {
  /** A run for 1,234 clients of which the planner has not heard yet, so that only its first slice is written. */
  async function halfWritten({ clock, store }: EngineWorld, task: TaskId): Promise<RunId> {
    const started = await store.runTask({ now: clock.wall(), actor, task, argsJson: null, kwargsJson: null })
    assert.ok(started)
    const { total } = (await store.readRun({ id: started.run }))?.counts ?? { total: 0 }
    assert.ok(total > 0 && total < 1_234, `${total} are written`)
    return started.run
  }

  async function writeTheRest({ engine, clock }: EngineWorld, task: TaskId): Promise<void> {
    engine.bus.publish('task-due', { task })
    await clock.advance(200)
  }

  it('is not complete when all of the written ones have ended: a cancel ends the others as they are written', async () => {
    await using world = await EngineWorld.start()
    addClients(world, 1_234)
    const { clock, store } = world
    const { id: task } = await world.task({ owner: 'all', startAt: clock.wall() + 36e5 })
    const run = await halfWritten(world, task)
    const { touched } = await store.requestCancel({ now: clock.wall(), actor, target: { run } })
    world.engine.bus.publish('touched', touched)
    const early = await store.readRun({ id: run })
    assert.equal(early?.status, 'active')
    assert.ok(early.counts.cancelled > 0 && early.counts.cancelled < 1_234, `${early.counts.cancelled} are cancelled`)
    await writeTheRest(world, task)
    const done = await store.readRun({ id: run })
    assert.deepEqual([done?.status, done?.outcome, done?.counts.cancelled], ['completed', 'cancelled', 1_234])
  })

  it('is written to its end by a server that starts after one that was killed in between, each client once', async () => {
    await using world = await EngineWorld.start()
    addClients(world, 1_234)
    const { id: task } = await world.task({ owner: 'all', startAt: world.clock.wall() + 36e5 })
    const run = await halfWritten(world, task)
    await world.crashServer()
    await world.startServer()
    await world.clock.advance(200)
    const whole = await world.store.readRun({ id: run })
    assert.equal(whole?.counts.total, 1_234)
    const slots = world.databases.main.prepare('select count(distinct slot_value) as n from execution').get()
    assert.equal(slots?.['n'], 1_234)
  })

  it('comes first: no later occurrence of its task is planned before they are all there', async () => {
    await using world = await EngineWorld.start()
    addClients(world, 1_234)
    const { clock, store } = world
    const startAt = clock.wall() + 36e5
    const { id: task, revision } = await world.task({ type: 'scheduled', owner: 'all', startAt, intervalMs: 36e5 })
    await halfWritten(world, task)
    const times = { dueAt: startAt, deadlineAt: startAt + 36e5 }
    const next = { occurrence: 'next', cause: 'schedule', queues: false, ...times } as const
    const premise = { revision, nextRunAt: startAt }
    const planned = { task, premise, runs: [next], missed: [], nextRunAt: startAt + 36e5 }
    const commit = () => store.commitPlan({ now: clock.wall(), tasks: [planned] })
    assert.deepEqual((await commit()).stale, [task])
    await writeTheRest(world, task)
    assert.deepEqual((await commit()).stale, [])
  })

  it('comes first: what a person orders or retries meanwhile has its turn after it on every PC', async () => {
    await using world = await EngineWorld.start()
    addClients(world, 1_234)
    const { clock, store, databases } = world
    const { id: task } = await world.task({ owner: 'all', startAt: clock.wall() + 36e5 })
    const first = await halfWritten(world, task)
    // A switch dies: those who are left are the last of the first run, and few enough to be written at once.
    databases.main.exec(`update client set session_id = null where id < 'client-9'`)
    const order = { now: clock.wall(), actor, task, argsJson: null, kwargsJson: null }
    const ordered = await store.runTask(order)
    assert.ok(ordered)
    await writeTheRest(world, task)
    const both = databases.main
      .prepare(
        `select sum(o.id > f.id) as after, count(*) as n from execution f join execution o
          on o.slot_value = f.slot_value and o.run_id = ? where f.run_id = ?`,
      )
      .get(ordered.run, first)
    assert.deepEqual({ ...both }, { after: 111, n: 111 })
  })
})

/** Approved clients with a session, as far as an audience needs them. */
function addClients(world: EngineWorld, count: number): void {
  const insert = world.databases.main.prepare(
    `insert into client (id, name, status, version, public_key, fingerprint, session_id, revision, created_at)
      values (?, ?, 'approved', '1', ?, '', 'session', 1, 0)`,
  )
  for (let i = 0; i < count; i++) insert.run(`client-${i}`, `pc-${i}`, `key-${i}`)
}
