import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { TaskId } from '@octopus/protocol/ids.ts'
import { SETTING_DEFAULTS } from '@octopus/protocol/rest/setting-defaults.ts'

import { EngineWorld } from '#testing/engine-world.ts'
import type { ScriptedClient } from '#testing/scripted-client.ts'

import { sweep, sweepNowAndThen } from './sweep.ts'

const DAY = 86_400_000
const actor = { kind: 'system', name: 'test' } as const
const keep = SETTING_DEFAULTS.retention
const FAILED = { end: 'failed', reason: 'exception', error: { message: 'no', type: 'E', stack: '' } } as const

async function clean(world: EngineWorld, store = world.store): Promise<ReturnType<typeof createCapturedLog>> {
  const { clock } = world
  let done = false
  const log = createCapturedLog()
  const needs = { store, clock, log, keep: () => Promise.resolve(keep) }
  const swept = sweep(needs, clock.wall(), new AbortController().signal).finally(() => (done = true))
  while (!done) await clock.advance(60)
  await swept
  return log
}

/** The PC was off; its session has ended. */
async function comeBack(
  world: EngineWorld,
  client: ScriptedClient,
  ...inventory: Parameters<ScriptedClient['inventory']>
): Promise<void> {
  client.vanish()
  await world.clock.advance(140_000)
  await client.join(world.engine.door, ...inventory)
}

async function runOne(world: EngineWorld, client: ScriptedClient) {
  const task = await world.task()
  const item = client.executions().at(-1)
  assert.ok(item)
  client.finish(item)
  await world.clock.advance(20)
  assert.equal((await world.taskNow(task.id)).status, 'completed')
  return { task: task.id, item }
}

function count(world: EngineWorld, table: string): number {
  const row = world.databases.main.prepare(`select count(*) as n from ${table}`).get()
  return Number(row?.['n'])
}

describe('retention', () => {
  it('deletes runs ninety days after they ended, with all that is theirs, and then their task', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await runOne(world, ann)
    world.clock.suspend(89 * DAY)
    await clean(world)
    assert.deepEqual([count(world, 'run'), count(world, 'execution'), count(world, 'task')], [1, 1, 1])
    world.clock.suspend(3 * DAY)
    const young = await world.task()
    await clean(world)
    assert.deepEqual([count(world, 'run'), count(world, 'execution'), count(world, 'task')], [1, 1, 1])
    assert.equal((await world.taskNow(young.id)).counts.total, 1)
    const { tasks } = await world.store.readStats({ now: world.clock.wall() })
    assert.deepEqual(tasks, { created: 0, active: 1, completed: 0 })
  })

  it('believes no clock that is suddenly months ahead: nothing goes, and an alert says so; what was set right goes on', async () => {
    await using world = await EngineWorld.start()
    const { clock, store } = world
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await runOne(world, ann)
    const log = createCapturedLog()
    const life = new AbortController()
    const sweeping = sweepNowAndThen({ store, clock, log, keep: () => Promise.resolve(keep) }, life.signal)
    const hours = async (n: number) => {
      for (let left = n * 60; left > 0; left--) await clock.advance(60_000)
    }
    const heldBack = () => log.lines.filter(({ event }) => event === 'retention-held-back').length
    await hours(2)
    assert.equal(heldBack(), 0)
    clock.stepWall(100 * DAY)
    await hours(3)
    assert.deepEqual([count(world, 'run'), heldBack()], [1, 3])
    clock.stepWall(-100 * DAY)
    await hours(2)
    assert.deepEqual([count(world, 'run'), heldBack()], [1, 3])
    life.abort(new Error('the server stops'))
    await sweeping
  })

  it('deletes what was tried more than once, with its attempts', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await world.task({ retry: { maxAttempts: 2, backoffMs: 0, on: ['failed'] } })
    for (const body of [FAILED, {}]) {
      ann.finish(ann.executions().at(-1) as never, body)
      await world.clock.advance(50)
    }
    await runOne(world, ann)
    assert.equal(count(world, 'attempt'), 1)
    world.clock.suspend(92 * DAY)
    await clean(world)
    const left = ['attempt', 'execution', 'run', 'task'].map((table) => count(world, table))
    assert.deepEqual(left, [0, 0, 0, 0])
  })

  it('goes on with everything else when one kind cannot be deleted, and says so', async () => {
    await using world = await EngineWorld.start()
    await world.client('ann')
    world.clock.suspend(402 * DAY)
    const sweepRuns = () => Promise.reject(new Error('a row that nothing can delete'))
    const log = await clean(world, { ...world.store, sweepRuns })
    assert.equal(count(world, 'enrollment_token'), 0)
    assert.deepEqual(
      log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields),
      [{ what: 'runs', error: 'Error: a row that nothing can delete' }],
    )
  })

  it('keeps the last run of a task that has not ended, however old, and counts what is there', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const schedule = await world.task({ type: 'scheduled', startAt: world.clock.wall(), intervalMs: 200 * DAY })
    for (const wait of [0, 200 * DAY]) {
      world.clock.suspend(wait)
      await comeBack(world, ann)
      const item = ann.executions().at(-1)
      assert.ok(item)
      ann.finish(item)
      await world.clock.advance(20)
    }
    assert.equal(count(world, 'run'), 2)
    world.clock.suspend(199 * DAY)
    await clean(world)
    assert.equal(count(world, 'run'), 1)
    const task = await world.taskNow(schedule.id)
    assert.deepEqual([task.status, task.counts.total, task.counts.lost], ['active', 1, 1])
    const { total, items } = await world.store.listExecutions({ limit: 9, after: null, filter: { task: schedule.id } })
    assert.deepEqual([total.value, items.length], [1, 1])
    assert.ok(await world.store.readRun({ id: task.lastRun as NonNullable<typeof task.lastRun> }))
  })

  it('makes no second run for a due time whose run went, and starts nothing of it again, also when the clock is set back', async () => {
    await using world = await EngineWorld.start()
    const { clock, store } = world
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const begin = clock.wall()
    const schedule = await world.task({ type: 'scheduled', startAt: begin, intervalMs: 200 * DAY })
    const first = ann.executions().at(-1)
    assert.ok(first)
    ann.finish(first)
    clock.suspend(200 * DAY)
    await comeBack(world, ann)
    ann.finish(ann.executions().at(-1) as never)
    await clock.advance(20)
    clock.suspend(100 * DAY)
    await clean(world)
    assert.deepEqual([count(world, 'run'), ann.executions().length], [1, 2])
    clock.stepWall(begin - 60_000 - clock.wall())
    const { execution, attempt, fence, fenceProof } = first
    await comeBack(world, ann, [{ execution, attempt, fence, fenceProof, phase: 'held', outputBytes: 0 }])
    const verdicts = ann.last('reconciled').attempts.map(({ verdict }) => verdict)
    const session = (await store.readOpenSessions({})).find(({ client }) => client === ann.id)?.session
    assert.ok(session)
    const placements = [{ execution, client: ann.id, session }]
    const { outcomes } = await store.handOver({ now: clock.wall(), steady: clock.wall(), placements })
    assert.deepEqual([verdicts, outcomes.map(({ outcome }) => outcome)], [['stop'], ['stale']])
    // What was planned before it, by one who was asleep meanwhile.
    const run = {
      occurrence: String(begin),
      dueAt: begin,
      deadlineAt: begin + DAY,
      cause: 'schedule',
      queues: false,
    } as const
    const premise = { revision: schedule.revision, nextRunAt: begin }
    const plan = { task: schedule.id, premise, runs: [run], nextRunAt: begin + 200 * DAY, missed: [] }
    assert.deepEqual((await store.commitPlan({ now: clock.wall(), tasks: [plan] })).stale, [schedule.id])
    await clock.advance(600_000)
    assert.deepEqual([count(world, 'run'), ann.executions().length], [1, 2])
  })

  it('takes a task that never had a run ninety days after it was made, was due, or was ended by somebody', async () => {
    await using world = await EngineWorld.start()
    const { clock, store, databases } = world
    const begin = clock.wall()
    const end = (task: TaskId) => store.endTask({ now: clock.wall(), actor, task })
    const names = () =>
      databases.main
        .prepare('select name from task order by name')
        .all()
        .map((row) => row['name'])
    const [forgotten, late] = [
      await world.task({ name: 'ended at once', startAt: begin + 900 * DAY }),
      await world.task({ name: 'ended late', startAt: begin + 900 * DAY }),
    ]
    await world.task({ name: 'still to come', startAt: begin + 900 * DAY })
    const passed = await world.task({ name: 'passed', startAt: begin + 80 * DAY })
    await end(forgotten.id)
    clock.suspend(60 * DAY)
    await end(late.id)
    // As after a restore: its time passed, and nobody did anything.
    await store.skipPassed({ now: begin + 81 * DAY, tasks: [{ task: passed.id, nextRunAt: null }] })
    clock.suspend(29 * DAY)
    await clean(world)
    assert.deepEqual(names(), ['ended at once', 'ended late', 'passed', 'still to come'])
    clock.suspend(3 * DAY)
    await clean(world)
    assert.deepEqual(names(), ['ended late', 'passed', 'still to come'])
    clock.suspend(60 * DAY)
    await clean(world)
    assert.deepEqual(names(), ['passed', 'still to come'])
    clock.suspend(20 * DAY)
    await clean(world)
    assert.deepEqual(names(), ['still to come'])
    const { tasks } = await store.readStats({ now: clock.wall() })
    assert.deepEqual(tasks, { created: 1, active: 0, completed: 0 })
  })

  it('takes many of them in slices, each of which goes on where the one before ended', async () => {
    await using world = await EngineWorld.start()
    for (let n = 0; n < 30; n++) {
      const { id } = await world.task({ name: `t${n}`, startAt: world.clock.wall() + 900 * DAY })
      await world.store.endTask({ now: world.clock.wall(), actor, task: id })
    }
    world.clock.suspend(92 * DAY)
    const sizes: number[] = []
    const sweepTasks = async (slice: Parameters<typeof world.store.sweepTasks>[0]) => {
      const swept = await world.store.sweepTasks({ ...slice, limit: 7 })
      sizes.push(swept.deleted)
      return swept
    }
    await clean(world, { ...world.store, sweepTasks })
    assert.deepEqual([count(world, 'task'), sizes], [0, [7, 7, 7, 7, 2]])
  })

  it('touches nothing that is not final', async () => {
    await using world = await EngineWorld.start()
    const task = await world.task({ deadlineMs: 300 * DAY })
    world.clock.suspend(100 * DAY)
    await clean(world)
    assert.equal((await world.only(task.id)).state, 'queued')
  })

  it('takes a large run in slices, none of which takes more rows than it may', async () => {
    await using world = await EngineWorld.start()
    const clients = await Promise.all(Array.from({ length: 40 }, (_, n) => world.client(`pc${n}`)))
    for (const client of clients) {
      client.connect(world.engine.door)
      client.hello()
    }
    await world.clock.advance(3_100)
    for (const client of clients) client.inventory()
    await world.clock.advance(50)
    await world.task({ owner: 'all' })
    for (const client of clients) client.finish(client.executions()[0] as never)
    await world.clock.advance(50)
    assert.equal(count(world, 'execution'), 40)
    world.clock.suspend(92 * DAY)
    const most: number[] = []
    const store = {
      ...world.store,
      sweepRuns: async (slice: Parameters<typeof world.store.sweepRuns>[0]) => {
        const swept = await world.store.sweepRuns({ ...slice, limit: 7 })
        most.push(swept.deleted)
        return swept
      },
    }
    await clean(world, store)
    assert.deepEqual([count(world, 'execution'), count(world, 'run'), count(world, 'task')], [0, 0, 0])
    assert.ok(most.length >= 6 && Math.max(...most) <= 9, String(most))
  })

  it('lets a client forget a result of what was deleted, instead of asking for it for ever', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const { item } = await runOne(world, ann)
    world.clock.suspend(92 * DAY)
    await clean(world)
    const { execution, attempt, fence, fenceProof } = item
    await comeBack(world, ann, [{ execution, attempt, fence, fenceProof, phase: 'ended', outputBytes: 0 }])
    assert.deepEqual(
      ann.last('reconciled').attempts.map(({ verdict }) => verdict),
      ['send-result'],
    )
    ann.finish(item)
    await world.clock.advance(20)
    const [answer] = ann.last('acknowledge').results
    assert.deepEqual([answer?.disposition, answer?.code], ['refused', 'forgotten'])
  })

  it('deletes output before its execution, thirty days after the last of it came', async () => {
    await using world = await EngineWorld.start()
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    const { task } = await runOne(world, ann)
    const { id: execution } = await world.only(task)
    const chunk = { execution, attempt: 1, fence: 1, offset: 0, stream: 'stdout', at: 5, text: 'hello' } as const
    await world.store.appendOutput({ now: world.clock.wall(), chunks: [chunk] })
    const read = async () => (await world.store.readOutput({ execution, from: 0, limitBytes: 99 })).chunks.length
    await clean(world)
    assert.equal(await read(), 1)
    world.clock.suspend(32 * DAY)
    await clean(world)
    assert.deepEqual([await read(), count(world, 'execution')], [0, 1])
  })

  it('shortens the audit trail at its old end only, and says so in the trail', async () => {
    await using world = await EngineWorld.start()
    const trail = (): unknown[] =>
      world.databases.main
        .prepare('select action from audit order by id')
        .all()
        .map((row) => row['action'])
    assert.throws(() => world.databases.main.exec('delete from audit'), /append-only/)
    const before = trail()
    world.clock.suspend(402 * DAY)
    await world.store.setWorkStopped({ now: world.clock.wall(), actor, stopped: true })
    await clean(world)
    await clean(world)
    assert.ok(before.length > 0)
    assert.deepEqual(trail(), ['work.stopped', 'audit.shorten'])
    assert.throws(() => world.databases.main.exec('delete from audit'), /append-only/)
    assert.throws(() => world.databases.main.exec(`update audit set actor = 'x'`), /append-only/)
  })

  it('takes tokens and links a month after they ended', async () => {
    await using world = await EngineWorld.start()
    await world.client('ann')
    assert.equal(count(world, 'enrollment_token'), 1)
    world.clock.suspend(29 * DAY)
    await clean(world)
    assert.equal(count(world, 'enrollment_token'), 1)
    world.clock.suspend(2 * DAY)
    await clean(world)
    assert.equal(count(world, 'enrollment_token'), 0)
  })

  it('deletes for good what was deleted, after thirty days and not while anything refers to it', async () => {
    await using world = await EngineWorld.start()
    const user = await world.user('alice')
    const ann = await world.client('ann', 'alice')
    await ann.join(world.engine.door)
    const { task } = await runOne(world, ann)
    const at = world.clock.wall()
    // A later part of the API marks them; here it is done by hand.
    for (const table of ['client', 'user', 'plugin', 'task']) {
      world.databases.main.prepare(`update ${table} set deleted_at = ?`).run(at)
    }
    world.databases.main.exec('update client set session_id = null')
    await clean(world)
    assert.equal(count(world, 'task'), 1)
    world.clock.suspend(31 * DAY)
    await clean(world)
    const left = ['execution', 'run', 'task', 'client', 'user', 'plugin'].map((table) => count(world, table))
    assert.deepEqual(left, [0, 0, 0, 0, 0, 0])
    assert.ok(user && task)
  })

  it('deletes a schedule that somebody deleted, and frees its plugin and its user', async () => {
    await using world = await EngineWorld.start()
    const { clock, store } = world
    const userId = await world.user('alice')
    const later = { startAt: clock.wall() + DAY } as const
    const schedule = await world.task({ type: 'scheduled', intervalMs: DAY, owner: 'user', userId, ...later })
    const once = await world.task(later)
    await store.endTask({ now: clock.wall(), actor, task: once.id })
    for (const task of [schedule.id, once.id]) {
      assert.equal((await store.deleteTask({ now: clock.wall(), actor, task })).outcome, 'deleted')
    }
    assert.deepEqual(await store.deleteUser({ now: clock.wall(), actor, name: 'alice' }), { outcome: 'deleted' })
    assert.deepEqual(await store.deletePlugin({ now: clock.wall(), actor, name: 'p' }), { usedBy: [], triedBy: [] })
    clock.suspend(29 * DAY)
    await clean(world)
    assert.equal(count(world, 'task'), 2)
    clock.suspend(2 * DAY)
    await clean(world)
    assert.deepEqual([count(world, 'task'), count(world, 'user'), count(world, 'plugin')], [0, 0, 0])
    assert.deepEqual((await store.readStats({ now: clock.wall() })).tasks, { created: 0, active: 0, completed: 0 })
  })

  it('takes tries with the runs of their time, and no task from the overview for them', async () => {
    await using world = await EngineWorld.start()
    const { clock, store } = world
    const ann = await world.client('ann')
    await ann.join(world.engine.door)
    await runOne(world, ann)
    const now = clock.wall()
    const what = {
      name: 'p',
      client: ann.id,
      bytes: null,
      action: 'run',
      argsJson: '[]',
      kwargsJson: '{}',
      priority: 0,
    }
    const tried = await store.tryPlugin({ now, actor, ...what, timeoutMs: 1_000, deadlineAt: now + 60_000 })
    assert.ok(tried.outcome === 'begun')
    world.engine.bus.publish('touched', tried.touched)
    await clock.advance(20)
    ann.finish(ann.executions().at(-1) as never)
    await clock.advance(20)
    assert.equal(count(world, 'task'), 2)
    clock.suspend(92 * DAY)
    await clean(world)
    assert.equal(count(world, 'task'), 0)
    assert.deepEqual((await store.readStats({ now: clock.wall() })).tasks, { created: 0, active: 0, completed: 0 })
  })
})

leakCheck()
