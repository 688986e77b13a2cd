import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { ExecutionItem, Run } from '@octopus/protocol/rest/runs.ts'
import type { Task } from '@octopus/protocol/rest/tasks.ts'

import { ApiWorld } from '#testing/api-world.ts'
import { addFleet, endRun, type Member, runOnAll } from '#testing/fleet.ts'

interface List<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
  readonly total: { readonly value: number; readonly exact: boolean }
}

async function list<T>(world: ApiWorld, path: string): Promise<List<T>> {
  const reply = await world.call({ path: `/api/v1/${path}` })
  assert.equal(reply.status, 200, reply.text)
  return reply.json
}

/** Every page, one item each: what a filter finds must not depend on how it is read. */
async function pages<T>(world: ApiWorld, path: string): Promise<readonly T[]> {
  const found: T[] = []
  for (let cursor = ''; ;) {
    const page = await list<T>(world, `${path}&limit=2${cursor}`)
    found.push(...page.items)
    if (page.nextCursor === null) return found
    cursor = `&cursor=${page.nextCursor}`
  }
}

/** Two runs an hour apart: of each, ann's PC succeeded, ben's failed, the third did nothing. */
async function history(world: ApiWorld) {
  for (const name of ['ann', 'ben']) await world.call({ method: 'POST', path: '/api/v1/users', body: { name } })
  const [anns] = await addFleet(world, ['anns'], 'ann')
  const [bens] = await addFleet(world, ['bens'], 'ben')
  const [third] = await addFleet(world, ['third'])
  const members = [anns, bens, third] as [Member, Member, Member]
  const runs: Run[] = []
  for (const name of ['first', 'second']) {
    const run = await runOnAll(world, { name })
    await endRun(world, run, members.slice(0, 2), (member) =>
      member === members[1] ? { end: 'failed', reason: 'exception' } : {},
    )
    runs.push(run)
    await world.clock.advance(3_600_000)
  }
  return { runs: runs as [Run, Run], members }
}

describe('the list of executions', () => {
  it('is filtered by everything that it can be asked for, alone and together, with the number there are', async () => {
    await using world = await ApiWorld.ready()
    const { runs, members } = await history(world)
    const [first, second] = runs
    const [anns, bens] = members
    const between = `from=${first.createdAt}&to=${second.createdAt}`
    const table: readonly (readonly [query: string, found: readonly string[]])[] = [
      ['', ['second third', 'second bens', 'second anns', 'first third', 'first bens', 'first anns']],
      [`task=${first.task.id}`, ['first third', 'first bens', 'first anns']],
      [`run=${second.id}`, ['second anns', 'second bens', 'second third']],
      [`run=${second.id}&state=failed`, ['second bens']],
      [`run=${second.id}&user=ann`, ['second anns']],
      ['state=failed', ['second bens', 'first bens']],
      ['state=queued', ['second third', 'first third']],
      [`state=succeeded&task=${first.task.id}`, ['first anns']],
      [`state=queued&task=${first.task.id}`, ['first third']],
      [`state=failed&task=${first.task.id}`, ['first bens']],
      [`client=${anns.id}`, ['second anns', 'first anns']],
      [`client=${bens.id}&state=failed`, ['second bens', 'first bens']],
      [`client=${bens.id}&state=running`, []],
      [`client=${bens.id}&task=${first.task.id}`, ['first bens']],
      ['user=ANN', ['second anns', 'first anns']],
      ['user=ann&state=failed', []],
      [`user=ben&state=failed&client=${bens.id}`, ['second bens', 'first bens']],
      [`user=ben&client=${anns.id}`, []],
      ['user=nobody', []],
      [between, ['first third', 'first bens', 'first anns']],
      [`${between}&state=failed`, ['first bens']],
      [`user=ann&${between}`, ['first anns']],
      [`from=${second.createdAt}`, ['second third', 'second bens', 'second anns']],
      ['from=2030-01-01T00:00:00Z', []],
    ]
    for (const [query, found] of table) {
      const all = await pages<ExecutionItem>(world, `executions?${query}`)
      const shown = all.map(({ task, slot }) => `${task.name} ${slot.label}`)
      const sorted = query.startsWith('run') ? shown : [...shown].sort().reverse()
      assert.deepEqual(sorted, query.startsWith('run') ? found : [...found].sort().reverse(), query)
      const { total } = await list<ExecutionItem>(world, `executions?${query}`)
      assert.deepEqual(total, { value: found.length, exact: true }, query)
    }
  })

  it('shows what is made for a user before any of their PCs has it, once', async () => {
    await using world = await ApiWorld.ready()
    await world.call({ method: 'POST', path: '/api/v1/users', body: { name: 'ann' } })
    const run = await runOnAll(world, { owner: 'user', user: 'ann' })
    const waiting = await list<ExecutionItem>(world, 'executions?user=ann')
    assert.deepEqual([waiting.items[0]?.run, waiting.total.value], [run.id, 1])
    const [member] = (await addFleet(world, ['anns'], 'ann')) as [Member]
    const now = world.clock.wall()
    const execution = waiting.items[0]?.id as ExecutionItem['id']
    await world.store.handOver({
      now,
      steady: now,
      placements: [{ execution, client: member.id, session: member.session }],
    })
    const handedOut = await list<ExecutionItem>(world, 'executions?user=ann')
    assert.deepEqual([handedOut.items.length, handedOut.items[0]?.state, handedOut.total.value], [1, 'assigned', 1])
  })

  it('finds what belongs to a user with very many PCs', async () => {
    await using world = await ApiWorld.ready()
    await world.call({ method: 'POST', path: '/api/v1/users', body: { name: 'ann' } })
    const members = await addFleet(
      world,
      Array.from({ length: 51 }, (_, i) => `pc-${i}`),
      'ann',
    )
    const others = await addFleet(world, ['other'])
    const run = await runOnAll(world)
    await endRun(world, run, [...members.slice(0, 2), ...others], () => ({}))
    for (const query of ['user=ann', `user=ann&run=${run.id}`, 'user=ann&state=succeeded']) {
      const found = await list<ExecutionItem>(world, `executions?${query}`)
      assert.deepEqual(found.items.map(({ slot }) => slot.label).sort(), ['pc-0', 'pc-1'], query)
    }
  })
})

describe('the list of runs', () => {
  it('is filtered by task, status, outcome and time', async () => {
    await using world = await ApiWorld.ready()
    const { runs } = await history(world)
    const [first, second] = runs
    await world.call({ method: 'POST', path: `/api/v1/runs/${first.id}/cancel` })
    const between = `from=${first.createdAt}&to=${second.createdAt}`
    const table: readonly (readonly [query: string, found: readonly string[]])[] = [
      ['', ['second', 'first']],
      [`task=${first.task.id}`, ['first']],
      ['status=active', ['second']],
      [`status=active&task=${first.task.id}`, []],
      [`status=completed&task=${first.task.id}`, ['first']],
      ['outcome=cancelled', ['first']],
      ['outcome=succeeded', []],
      [`outcome=cancelled&task=${first.task.id}`, ['first']],
      [`outcome=cancelled&task=${second.task.id}`, []],
      [`outcome=cancelled&status=active`, []],
      [between, ['first']],
      [`${between}&outcome=cancelled`, ['first']],
      [`from=${second.createdAt}&status=active`, ['second']],
    ]
    for (const [query, found] of table) {
      const all = await pages<Run>(world, `runs?${query}`)
      assert.deepEqual(
        all.map(({ task }) => task.name),
        found,
        query,
      )
      assert.deepEqual((await list<Run>(world, `runs?${query}`)).total, { value: found.length, exact: true }, query)
    }
  })
})

describe('the list of tasks', () => {
  it('shows the coming ones, the nearest first', async () => {
    await using world = await ApiWorld.ready()
    const create = (name: string, startAt: string, changes: object = {}): Promise<unknown> =>
      world.call({
        method: 'POST',
        path: '/api/v1/tasks',
        body: { name, plugin: 'greet', owner: 'all', type: 'scheduled', intervalSeconds: 3_600, startAt, ...changes },
      })
    await create('late', '2026-03-01T00:00:00Z')
    await create('soon', '2026-02-01T00:00:00Z')
    await create('soon too', '2026-02-01T00:00:00Z', { owner: 'anyone' })
    const ended = (await create('ended', '2026-01-15T00:00:00Z')) as { json: Task }
    await world.call({ method: 'POST', path: `/api/v1/tasks/${ended.json.id}/end` })
    const names = async (query: string): Promise<readonly string[]> =>
      (await pages<Task>(world, `tasks?${query}`)).map(({ name }) => name)
    assert.deepEqual(await names('sort=next-run'), ['soon', 'soon too', 'late'])
    assert.deepEqual(await names('sort=next-run&owner=all'), ['soon', 'late'])
    assert.deepEqual(await names('sort=newest'), ['ended', 'soon too', 'soon', 'late'])
    assert.equal((await list<Task>(world, 'tasks?sort=next-run')).total.value, 3)
    assert.equal((await world.call({ path: '/api/v1/tasks?sort=name' })).status, 400)
    const { nextCursor } = await list<Task>(world, 'tasks?sort=next-run&limit=1')
    const goOn = async (query: string): Promise<readonly unknown[]> => {
      const reply = await world.call({ path: `/api/v1/tasks?${query}&limit=1&cursor=${nextCursor}` })
      const answer = reply.json as { code?: string; items?: readonly Task[] }
      return [reply.status, answer.code ?? answer.items?.[0]?.name]
    }
    assert.deepEqual(await goOn('sort=next-run'), [200, 'soon too'])
    for (const query of ['sort=newest', '']) assert.deepEqual(await goOn(query), [400, 'INVALID_CURSOR'])
  })

  it('has fifty on a page unless more are asked for', async () => {
    await using world = await ApiWorld.ready()
    for (let n = 1; n <= 51; n++) {
      const body = { name: `task ${n}`, plugin: 'greet', owner: 'anyone', type: 'ad-hoc' }
      await world.call({ method: 'POST', path: '/api/v1/tasks', body })
    }
    const first = await list<Task>(world, 'tasks')
    assert.deepEqual([first.items.length, first.total], [50, { value: 51, exact: true }])
    const second = await list<Task>(world, `tasks?cursor=${first.nextCursor}`)
    assert.deepEqual([second.items.length, second.nextCursor], [1, null])
    assert.equal((await list<Task>(world, 'tasks?limit=200')).items.length, 51)
  })
})

leakCheck()
