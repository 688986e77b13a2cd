import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Task } from '@octopus/protocol/rest/tasks.ts'

import type { Facts } from '#live/facts.ts'
import { ApiWorld, type Reply } from '#testing/api-world.ts'

const create = (world: ApiWorld, changes: object = {}): Promise<Reply> =>
  world.call({
    method: 'POST',
    path: '/api/v1/tasks',
    body: { plugin: 'greet', owner: 'all', type: 'ad-hoc', ...changes },
    token: world.tokens.operator,
  })
const post = (world: ApiWorld, path: string, body?: object): Promise<Reply> =>
  world.call({ method: 'POST', path, body, token: world.tokens.operator })
const taskOf = (reply: Reply): Task => reply.json

describe('a task', () => {
  it('gets its defaults, and says who made it', async () => {
    await using world = await ApiWorld.ready()
    const { id: _id, waitingFor: _waiting, counts: _counts, ...task } = taskOf(await create(world))
    assert.deepEqual(task, {
      name: 'greet.run',
      plugin: 'greet',
      action: 'run',
      args: [],
      kwargs: {},
      owner: 'all',
      user: null,
      type: 'ad-hoc',
      startAt: null,
      endAt: null,
      intervalSeconds: null,
      cron: null,
      timeZone: null,
      scheduleText: 'Once, at once',
      timeoutSeconds: 3600,
      deadlineSeconds: null,
      onDisconnect: 'continue',
      retry: {
        maxAttempts: 1,
        backoffSeconds: 0,
        on: [],
      },
      catchUp: 'last',
      overlap: 'skip',
      priority: 0,
      status: 'created',
      outcome: null,
      paused: false,
      pausedAt: null,
      missed: { count: 0, last: null },
      nextRunAt: '2026-01-01T00:00:00.000Z',
      lastRun: null,
      revision: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
      createdBy: 'root/operator',
      deletedAt: null,
    })
  })

  it('for anyone stops when its client is cut off, unless told otherwise later', async () => {
    await using world = await ApiWorld.ready()
    assert.equal(taskOf(await create(world, { owner: 'anyone' })).onDisconnect, 'stop')
    const explicit = await create(world, { owner: 'anyone', onDisconnect: 'stop', catchUp: 'last', overlap: 'skip' })
    assert.equal(explicit.status, 201)
  })

  it('keeps everything it was given', async () => {
    await using world = await ApiWorld.ready()
    await world.call({ method: 'POST', path: '/api/v1/users', body: { name: 'ann' } })
    const wish = {
      name: 'Disk',
      action: 'hello',
      args: ['x'],
      kwargs: { loud: true },
      owner: 'user',
      user: 'ann',
      type: 'scheduled',
      intervalSeconds: 60,
      timeoutSeconds: 5,
      deadlineSeconds: 6,
      priority: -3,
    }
    const times = { startAt: '2026-12-01T00:00:00+01:00', endAt: '2027-01-01T00:00:00Z' }
    const task = taskOf(await create(world, { ...wish, ...times }))
    for (const [key, value] of Object.entries(wish)) assert.deepEqual(task[key as keyof Task], value, key)
    assert.deepEqual([task.startAt, task.endAt], ['2026-11-30T23:00:00.000Z', '2027-01-01T00:00:00.000Z'])
    assert.equal(task.nextRunAt, task.startAt)
    assert.equal(task.waitingFor[0]?.code, 'not-due')
  })

  it('keeps its arguments as the text that arrived', async () => {
    await using world = await ApiWorld.ready()
    const args = String.raw`[1.0, 1152921504606846976 ,-0,1e999,"\u0000\ud83d"]`
    const text = `{"plugin":"greet","owner":"all","type":"ad-hoc","args":${args},"kwargs":{"b":2.50,"a":{}}}`
    const reply = await world.call({ method: 'POST', path: '/api/v1/tasks', text })
    assert.equal(reply.status, 201)
    const { id } = taskOf(reply)
    for (const path of [`/api/v1/tasks/${id}`, '/api/v1/tasks']) {
      const shown = (await world.call({ path })).text
      assert.ok(shown.includes(`"args":${args},"kwargs":{"b":2.50,"a":{}}`), shown)
    }
  })

  it('tells the planner, and the pages that show it', async () => {
    await using world = await ApiWorld.ready()
    const { id } = taskOf(await create(world))
    assert.ok(world.facts.some(([name, fact]) => name === 'task-due' && (fact as Facts['task-due']).task === id))
    assert.ok(world.facts.some(([name, fact]) => name === 'touched' && (fact as Facts['touched']).tasks[0] === id))
  })

  it('can be run now, with its own arguments or others that fit', async () => {
    await using world = await ApiWorld.ready()
    const task = taskOf(await create(world, { action: 'hello', args: ['x'] }))
    const run = await post(world, `/api/v1/tasks/${task.id}/runs`)
    assert.equal(run.status, 201)
    const { id, cause } = run.json as { id: string; cause: object }
    assert.deepEqual(cause, { kind: 'manual', by: 'root/operator', of: null })
    assert.equal((await world.call({ path: `/api/v1/runs/${id}` })).status, 200)
    const other = await post(world, `/api/v1/tasks/${task.id}/runs`, { args: [], kwargs: { name: 'y' } })
    assert.equal(other.status, 201)
    const wrong = await post(world, `/api/v1/tasks/${task.id}/runs`, { args: [] })
    assert.equal((wrong.json as { code: string }).code, 'INVALID_ARGUMENTS')
    const runs = (await world.call({ path: `/api/v1/tasks/${task.id}/runs` })).json as { items: object[] }
    assert.equal(runs.items.length, 2)
  })

  it('that is not there is not found, whatever is asked of it', async () => {
    await using world = await ApiWorld.ready()
    const id = '01890000-0000-7000-8000-00000000000a'
    const replies = [
      await world.call({ path: `/api/v1/tasks/${id}` }),
      await world.call({ path: `/api/v1/tasks/${id}/runs` }),
      ...(await Promise.all(['end', 'cancel', 'runs'].map((verb) => post(world, `/api/v1/tasks/${id}/${verb}`)))),
    ]
    for (const reply of replies) assert.equal((reply.json as { code: string }).code, 'TASK_NOT_FOUND')
  })

  it('ends once', async () => {
    await using world = await ApiWorld.ready()
    const { id } = taskOf(await create(world, { type: 'scheduled', intervalSeconds: 60 }))
    const ended = await post(world, `/api/v1/tasks/${id}/end`)
    assert.deepEqual([ended.status, taskOf(ended).nextRunAt], [200, null])
    assert.deepEqual([taskOf(ended).status, taskOf(ended).outcome], ['completed', 'cancelled'], 'it never ran')
    const again = await post(world, `/api/v1/tasks/${id}/end`)
    assert.deepEqual([again.status, (again.json as { code: string }).code], [409, 'ALREADY_ENDED'])
  })

  it('is cancelled with what it has queued', async () => {
    await using world = await ApiWorld.ready()
    const { id } = taskOf(await create(world, { owner: 'anyone', type: 'scheduled', intervalSeconds: 60 }))
    const run = (await post(world, `/api/v1/tasks/${id}/runs`)).json as { id: string }
    const waiting = (await world.call({ path: `/api/v1/tasks/${id}` })).json as Task
    assert.equal(waiting.waitingFor[0]?.code, 'no-client')
    const cancelled = await post(world, `/api/v1/tasks/${id}/cancel`)
    assert.deepEqual([cancelled.status, taskOf(cancelled).counts.cancelled], [200, 1], cancelled.text)
    const after = await world.call({ method: 'POST', path: `/api/v1/runs/${run.id}/cancel` })
    assert.equal((after.json as { code: string }).code, 'ALREADY_ENDED')
    const { items } = (await world.call({ path: `/api/v1/executions?task=${id}` })).json as { items: { id: string }[] }
    const execution = (await world.call({ path: `/api/v1/executions/${items[0]?.id}` })).json as { state: string }
    assert.equal(execution.state, 'cancelled')
  })

  it('is cancelled between its times too, and the audit trail says that it was cancelled', async () => {
    await using world = await ApiWorld.ready()
    const { id } = taskOf(await create(world, { type: 'scheduled', intervalSeconds: 60 }))
    const cancelled = taskOf(await post(world, `/api/v1/tasks/${id}/cancel`))
    assert.deepEqual([cancelled.status, cancelled.outcome, cancelled.nextRunAt], ['completed', 'cancelled', null])
    const again = await post(world, `/api/v1/tasks/${id}/cancel`)
    assert.equal((again.json as { code: string }).code, 'ALREADY_ENDED')
    const trail = (await world.call({ path: `/api/v1/audit?subject=${id}` })).json as { items: { action: string }[] }
    assert.deepEqual(
      trail.items.map(({ action }) => action),
      ['task.cancel', 'task.create'],
    )
  })

  it('waits while all work is stopped; what was queued is cancelled', async () => {
    await using world = await ApiWorld.ready()
    const { id } = taskOf(await create(world, { owner: 'anyone', type: 'scheduled', intervalSeconds: 60 }))
    await post(world, `/api/v1/tasks/${id}/runs`)
    const stopped = await post(world, '/api/v1/stop-all-work')
    assert.deepEqual(stopped.json, { workStopped: true, cancelled: 1 })
    await world.clock.advance(60_000)
    const task = (await world.call({ path: `/api/v1/tasks/${id}` })).json as Task
    assert.equal(task.waitingFor[0]?.code, 'work-stopped')
    const resumed = await world.call({ method: 'POST', path: '/api/v1/resume-all-work' })
    assert.deepEqual(resumed.json, { workStopped: false, cancelled: 0 })
  })
})

describe('a task that is due while the disk is full', () => {
  it('says so', async () => {
    await using world = await ApiWorld.ready()
    const { id } = taskOf(await create(world, { type: 'scheduled', intervalSeconds: 60 }))
    await world.clock.advance(60_000)
    const codes = async (): Promise<string[]> =>
      taskOf(await world.call({ path: `/api/v1/tasks/${id}` })).waitingFor.map(({ code }) => code)
    assert.deepEqual(await codes(), [])
    world.diskFreeBytes = 1
    assert.deepEqual(await codes(), ['disk-full'])
  })
})

describe('the list of tasks', () => {
  it('is filtered', async () => {
    await using world = await ApiWorld.ready()
    await create(world, { name: 'one' })
    await create(world, { name: 'two', owner: 'anyone', type: 'scheduled', intervalSeconds: 60 })
    const names = async (query: string): Promise<string[]> =>
      ((await world.call({ path: `/api/v1/tasks?${query}` })).json as { items: Task[] }).items.map(({ name }) => name)
    assert.deepEqual(await names('owner=anyone'), ['two'])
    assert.deepEqual(await names('type=ad-hoc'), ['one'])
    assert.deepEqual(await names('plugin=other'), [])
    assert.deepEqual(await names('status=created&plugin=greet'), ['two', 'one'])
  })
})

leakCheck()
