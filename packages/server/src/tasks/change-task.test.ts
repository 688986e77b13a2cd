import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { SchedulePreview, Task } from '@octopus/protocol/rest/tasks.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'

const DAILY = { plugin: 'greet', owner: 'all', type: 'scheduled', cron: '0 3 * * *', timeZone: 'Europe/Berlin' }

async function create(world: ApiWorld, changes: object = {}): Promise<Task> {
  const reply = await world.call({ method: 'POST', path: '/api/v1/tasks', body: { ...DAILY, ...changes } })
  assert.equal(reply.status, 201, reply.text)
  return reply.json
}
const refusedAt = async (world: ApiWorld, changes: object): Promise<string> => {
  const reply = await world.call({ method: 'POST', path: '/api/v1/tasks', body: { ...DAILY, ...changes } })
  const { code, detail } = reply.json as { code: string; detail: string }
  return `${code}: ${detail}`
}
const patch = (world: ApiWorld, task: Task, body: object, revision: number | null = task.revision): Promise<Reply> =>
  world.call({
    method: 'PATCH',
    path: `/api/v1/tasks/${task.id}`,
    body,
    token: world.tokens.operator,
    ...(revision !== null && { headers: { 'if-match': `"${revision}"` } }),
  })
const post = (world: ApiWorld, task: Task, verb: string): Promise<Reply> =>
  world.call({ method: 'POST', path: `/api/v1/tasks/${task.id}/${verb}`, token: world.tokens.operator })
const read = async (world: ApiWorld, task: Task): Promise<Task> =>
  (await world.call({ path: `/api/v1/tasks/${task.id}` })).json

describe('a schedule by the calendar', () => {
  it('keeps what it was given, says it in words, and is due on the clocks of its place', async () => {
    await using world = await ApiWorld.ready()
    const task = await create(world, { catchUp: 'all', overlap: 'queue' })
    const { cron, timeZone, catchUp, overlap, scheduleText, nextRunAt, missed } = task
    assert.deepEqual([cron, timeZone, catchUp, overlap], ['0 3 * * *', 'Europe/Berlin', 'all', 'queue'])
    assert.equal(scheduleText, 'At 03:00 (Europe/Berlin)')
    assert.equal(nextRunAt, '2026-01-01T02:00:00.000Z')
    assert.deepEqual(missed, { count: 0, last: null })
  })

  const refusals: readonly (readonly [string, object, RegExp])[] = [
    ['a pattern that never comes', { cron: '0 0 30 2 *' }, /^INVALID_SCHEDULE: cron "0 0 30 2 \*" never comes/],
    ['a zone that is none', { timeZone: 'Mars/Olympus' }, /^INVALID_SCHEDULE: timeZone "Mars\/Olympus" is none/],
    ['an offset instead of a zone', { timeZone: '+02:00' }, /^INVALID_SCHEDULE: timeZone/],
    ['the zone of each client', { timeZone: 'client' }, /^RESERVED_KEY/],
    ['seconds', { cron: '0 0 3 * * *' }, /it has 6 fields, and there are five.*intervalSeconds/],
    ['a minute that is none', { cron: '60 3 * * *' }, /cannot be read: Invalid value for minute: 60/],
    ['two ways to repeat', { intervalSeconds: 60 }, /leave out one of them/],
    ['none', { cron: undefined, timeZone: undefined }, /say how often with intervalSeconds, or when with cron/],
    ['a zone for an interval', { cron: undefined, intervalSeconds: 60 }, /timeZone belongs to cron/],
    ['a repeat of what runs once', { type: 'ad-hoc' }, /An ad-hoc task runs once: leave out cron/],
    ['an end before the first time', { endAt: '2026-01-01T01:00:00Z' }, /no occurrence in the future/],
  ]
  it('refuses what would never be due, or would mean something else', async () => {
    await using world = await ApiWorld.ready()
    for (const [what, changes, detail] of refusals) assert.match(await refusedAt(world, changes), detail, what)
  })

  it('is refused beyond the limit of schedules, and counts none that have ended', async () => {
    await using world = await ApiWorld.ready({ schedulesMax: 2 })
    const [first] = [await create(world), await create(world)]
    assert.match(await refusedAt(world, {}), /^TOO_MANY_SCHEDULES: There are 2 repeating tasks/)
    await post(world, first, 'end')
    await create(world)
  })
})

describe('the preview of a schedule', () => {
  const preview = (world: ApiWorld, body: object): Promise<Reply> =>
    world.call({ method: 'POST', path: '/api/v1/schedule/preview', body, token: world.tokens.viewer })

  it('shows the next times on the clocks there, and which were moved by daylight saving', async () => {
    await using world = await ApiWorld.ready()
    const body = { cron: '30 2 * * *', timeZone: 'Europe/Berlin', after: '2026-03-28T00:00:00Z', count: 3 }
    const shown = (await preview(world, body)).json as SchedulePreview
    assert.equal(shown.text, 'At 02:30 (Europe/Berlin)')
    assert.deepEqual(
      shown.times.map(({ local, moved }) => [local, moved]),
      [
        ['2026-03-28T02:30:00+01:00', false],
        ['2026-03-29T03:00:00+02:00', true],
        ['2026-03-30T02:30:00+02:00', false],
      ],
    )
    assert.equal(shown.complete, false)
  })

  it('ends where the schedule ends, has a limit, and refuses what could not be made', async () => {
    await using world = await ApiWorld.ready()
    const hourly = { intervalSeconds: 3_600, startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-01T02:00:00Z' }
    const shown = (await preview(world, hourly)).json as SchedulePreview
    assert.deepEqual([shown.text, shown.times.length, shown.complete], ['Every hour', 2, true])
    assert.equal((await preview(world, { ...hourly, count: 101 })).status, 400)
    const never = (await preview(world, { cron: '0 0 31 2 *' })).json as { code: string }
    assert.equal(never.code, 'INVALID_SCHEDULE')
  })
})

describe('changing a task', () => {
  it('makes a new revision and plans again from now on', async () => {
    await using world = await ApiWorld.ready()
    const task = await create(world)
    await world.clock.advance(3_600_000)
    const changed = (await patch(world, task, { cron: '*/15 * * * *', catchUp: 'none', name: 'Often' })).json as Task
    assert.deepEqual(
      [changed.revision, changed.name, changed.catchUp, changed.timeZone, changed.nextRunAt],
      [2, 'Often', 'none', 'Europe/Berlin', '2026-01-01T01:00:00.000Z'],
    )
    const interval = (await patch(world, changed, { intervalSeconds: 60 })).json as Task
    assert.deepEqual([interval.cron, interval.timeZone, interval.intervalSeconds], [null, null, 60])
    assert.ok(world.facts.some(([name]) => name === 'task-due'))
  })

  it('leaves what is not said as it is, with the next time', async () => {
    await using world = await ApiWorld.ready()
    const task = await create(world, { args: ['x'], action: 'hello', timeoutSeconds: 5, deadlineSeconds: 7 })
    const { revision: _a, name: _b, ...after } = (await patch(world, task, { name: 'Other' })).json as Task
    const { revision: _c, name: _d, ...before } = task
    assert.deepEqual(after, before)
    const back = (await patch(world, await read(world, task), { timeoutSeconds: null, deadlineSeconds: null }))
      .json as Task
    assert.deepEqual([back.timeoutSeconds, back.deadlineSeconds], [3_600, null])
  })

  it('needs the revision, and is told the task as it is now', async () => {
    await using world = await ApiWorld.ready()
    const task = await create(world)
    assert.equal((await patch(world, task, { name: 'x' }, null)).status, 428)
    await patch(world, task, { name: 'first' })
    const late = await patch(world, task, { name: 'second' })
    const { code, current } = late.json as { code: string; current: Task }
    assert.deepEqual([late.status, code, current.name, current.revision], [412, 'STALE_REVISION', 'first', 2])
  })

  it('refuses what could not be created', async () => {
    await using world = await ApiWorld.ready()
    const task = await create(world, { action: 'hello', args: ['x'] })
    const codes = [
      { args: [] },
      { action: 'gone' },
      { plugin: 'gone' },
      { cron: '0 0 30 2 *' },
      { user: 'ann' },
      { type: 'ad-hoc' },
    ]
    const seen = await Promise.all(
      codes.map(async (body) => ((await patch(world, task, body)).json as { code: string }).code),
    )
    assert.deepEqual(seen, [
      'INVALID_ARGUMENTS',
      'ACTION_NOT_FOUND',
      'PLUGIN_NOT_FOUND',
      'INVALID_SCHEDULE',
      'INVALID_REQUEST',
      'INVALID_REQUEST',
    ])
    assert.equal((await read(world, task)).revision, 1)
  })

  it('of another owner takes the user away, or wants one', async () => {
    await using world = await ApiWorld.ready()
    await world.call({ method: 'POST', path: '/api/v1/users', body: { name: 'ann' } })
    const task = await create(world)
    const hers = (await patch(world, task, { owner: 'user', user: 'ann' })).json as Task
    assert.deepEqual([hers.owner, hers.user], ['user', 'ann'])
    const anyones = (await patch(world, hers, { owner: 'anyone' })).json as Task
    assert.deepEqual([anyones.owner, anyones.user, anyones.onDisconnect], ['anyone', null, 'stop'])
    assert.equal((await patch(world, anyones, { owner: 'user' })).status, 400)
  })

  it('that has ended changes what run now does, and no schedule', async () => {
    await using world = await ApiWorld.ready()
    const task = await create(world)
    await post(world, task, 'end')
    const ended = await read(world, task)
    const late = (await patch(world, ended, { cron: '* * * * *' })).json as { code: string }
    assert.equal(late.code, 'ALREADY_ENDED')
    assert.equal((await patch(world, ended, { name: 'x' })).status, 200)
  })
})

describe('a paused task', () => {
  it('plans nothing and says so; resumed, it makes up for nothing', async () => {
    await using world = await ApiWorld.ready()
    const task = await create(world)
    const paused = (await post(world, task, 'pause')).json as Task
    assert.deepEqual([paused.paused, paused.pausedAt, paused.nextRunAt], [true, '2026-01-01T00:00:00.000Z', null])
    assert.deepEqual(
      paused.waitingFor.map(({ code }) => code),
      ['paused'],
    )
    assert.equal(((await post(world, task, 'pause')).json as Task).revision, 2, 'twice is as good as once')
    await world.clock.advance(3 * 86_400_000)
    const now = world.clock.wall()
    assert.deepEqual(await world.store.readDue({ now, limit: 10 }), {
      due: [],
      nextAt: null,
      unwritten: false,
      resumedAt: 0,
    })
    const resumed = (await post(world, task, 'resume')).json as Task
    assert.deepEqual([resumed.paused, resumed.nextRunAt, resumed.revision], [false, '2026-01-04T02:00:00.000Z', 3])
    assert.equal(((await post(world, task, 'resume')).json as Task).revision, 3)
  })

  it('that runs once runs when it is resumed, if its time has passed', async () => {
    await using world = await ApiWorld.ready()
    const once = { type: 'ad-hoc', cron: undefined, timeZone: undefined, startAt: '2026-01-01T01:00:00Z' }
    const task = await create(world, once)
    await post(world, task, 'pause')
    await world.clock.advance(7_200_000)
    assert.equal(((await post(world, task, 'resume')).json as Task).nextRunAt, '2026-01-01T02:00:00.000Z')
  })

  it('that ended while it was paused is completed when it is resumed', async () => {
    await using world = await ApiWorld.ready()
    const task = await create(world, { endAt: '2026-01-02T00:00:00Z' })
    await post(world, task, 'pause')
    await world.clock.advance(2 * 86_400_000)
    const resumed = (await post(world, task, 'resume')).json as Task
    assert.deepEqual([resumed.status, resumed.outcome, resumed.nextRunAt], ['completed', 'skipped', null])
    assert.equal(((await post(world, task, 'pause')).json as { code: string }).code, 'NOTHING_TO_PAUSE')
  })
})

leakCheck()
