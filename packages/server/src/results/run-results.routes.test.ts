import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { ExecutionItem, ResultGroup, Run } from '@octopus/protocol/rest/runs.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'
import { addFleet, endRun, type Member, runOnAll } from '#testing/fleet.ts'

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `pc-${String(i).padStart(3, '0')}`)
const error = (message: string, stack = 'at home') => ({ message, type: 'OSError', stack })

async function ended(world: ApiWorld): Promise<{ run: Run; members: readonly Member[] }> {
  const members = await addFleet(world, names(12))
  const run = await runOnAll(world)
  // The last two have not begun.
  await endRun(world, run, members.slice(0, 10), (_member, index) => {
    if (index < 6) return { valueJson: '{"free":10}' }
    if (index === 6) return { valueJson: '{"free":11}' }
    return { end: 'failed', reason: 'exception', valueJson: null, error: error('no space', `at /home/pc${index}`) }
  })
  return { run, members }
}

const groupsOf = async (world: ApiWorld, run: Run, query = ''): Promise<ResultGroup[]> =>
  ((await world.call({ path: `/api/v1/runs/${run.id}/results${query}` })).json as { items: ResultGroup[] }).items

describe('the results of a run', () => {
  it('are counted together where they are equal, the largest group first', async () => {
    await using world = await ApiWorld.ready()
    const { run } = await ended(world)
    const groups = await groupsOf(world, run)
    assert.deepEqual(
      groups.map(({ count, state, sample }) => [count, state, sample.preview, sample.error?.message ?? null]),
      [
        [6, 'succeeded', '{"free":10}', null],
        [3, 'failed', null, 'no space'],
        [1, 'succeeded', '{"free":11}', null],
      ],
    )
    assert.equal(groups[0]?.sample.slot.label, 'pc-000')
    assert.equal(groups[0]?.sample.client?.name, 'pc-000')
    assert.equal(new Set(groups.map(({ digest }) => digest)).size, 3)
  })

  it('count what ended without a result by state and reason', async () => {
    await using world = await ApiWorld.ready()
    const { run } = await ended(world)
    await world.call({ method: 'POST', path: `/api/v1/runs/${run.id}/cancel` })
    const groups = await groupsOf(world, run)
    assert.deepEqual(groups.map(({ count, state }) => [count, state]).at(2), [2, 'cancelled'])
    const { counts } = (await world.call({ path: `/api/v1/runs/${run.id}` })).json as Run
    assert.equal(
      groups.reduce((sum, { count }) => sum + count, 0),
      counts.total,
      'all of a run that has ended',
    )
  })

  it('come in pages, and name the executions of each group', async () => {
    await using world = await ApiWorld.ready()
    const { run } = await ended(world)
    const first = (await world.call({ path: `/api/v1/runs/${run.id}/results?limit=2` })).json as {
      items: ResultGroup[]
      nextCursor: string
      total: object
    }
    assert.deepEqual([first.items.length, first.total], [2, { value: 3, exact: true }])
    const [last] = await groupsOf(world, run, `?limit=2&cursor=${first.nextCursor}`)
    assert.equal(last?.sample.preview, '{"free":11}')
    const failed = first.items[1]?.digest
    const path = `/api/v1/executions?run=${run.id}&digest=${failed}`
    const page = (await world.call({ path })).json as { items: ExecutionItem[]; total: object }
    assert.deepEqual(page.items.map(({ slot }) => slot.label).sort(), ['pc-007', 'pc-008', 'pc-009'])
    assert.deepEqual(page.total, { value: 3, exact: true })
    assert.deepEqual(((await world.call({ path: `${path}&state=succeeded` })).json as { items: [] }).items, [])
  })

  it('show the beginning of a long value, and say so', async () => {
    await using world = await ApiWorld.ready()
    const [member] = await addFleet(world, ['pc'])
    const run = await runOnAll(world)
    await endRun(world, run, [member as Member], () => ({ valueJson: `"${'x'.repeat(500_000)}"` }))
    const [group] = await groupsOf(world, run)
    assert.deepEqual([group?.sample.preview?.length, group?.sample.cut], [2_000, true])
  })

  it('of nobody are none; what is asked wrongly is refused', async () => {
    await using world = await ApiWorld.ready()
    const run = await runOnAll(world)
    assert.deepEqual(await groupsOf(world, run), [])
    const nobody = '01890000-0000-7000-8000-00000000000a'
    const table: readonly (readonly [string, number, string])[] = [
      [`/api/v1/runs/${nobody}/results`, 404, 'RUN_NOT_FOUND'],
      [`/api/v1/runs/${nobody}/executions.csv`, 404, 'RUN_NOT_FOUND'],
      [`/api/v1/runs/${nobody}/executions.json`, 404, 'RUN_NOT_FOUND'],
      [`/api/v1/runs/${run.id}/executions.csv?x=1`, 400, 'INVALID_REQUEST'],
      [`/api/v1/executions?digest=${'a'.repeat(32)}`, 400, 'INVALID_REQUEST'],
      [`/api/v1/executions?run=${run.id}&digest=1`, 400, 'INVALID_REQUEST'],
    ]
    for (const [path, status, code] of table) {
      const reply = await world.call({ path })
      assert.deepEqual([reply.status, (reply.json as { code: string }).code], [status, code], path)
    }
  })
})

describe('a run as a file', () => {
  const download = (world: ApiWorld, run: Run, as: string): Promise<Reply> =>
    world.call({ path: `/api/v1/runs/${run.id}/executions.${as}`, token: world.tokens.viewer })

  it('is a table for spreadsheets in which nothing is a formula', async () => {
    await using world = await ApiWorld.ready()
    const [good, evil] = await addFleet(world, ['pc-1', '=cmd|calc'])
    const run = await runOnAll(world)
    await endRun(world, run, [good, evil] as Member[], (member) =>
      member === good
        ? { valueJson: '{"a":"x,\\"y\\""}' }
        : { end: 'failed', reason: 'exception', valueJson: null, error: error('@SUM(1)\n"second"') },
    )
    const reply = await download(world, run, 'csv')
    assert.equal(reply.headers['content-type'], 'text/csv; charset=utf-8')
    assert.equal(reply.headers['content-disposition'], `attachment; filename="run-${run.id}.csv"`)
    assert.equal(reply.headers['x-content-type-options'], 'nosniff')
    assert.ok(reply.text.startsWith('\uFEFF"execution","slot",'))
    const lines = reply.text.trimEnd().split('\r\n')
    assert.equal(lines.length, 3)
    assert.ok(lines[1]?.includes('"{""a"":""x,\\""y\\""""}"'), reply.text)
    assert.ok(lines[2]?.includes(`"'=cmd|calc"`), reply.text)
    assert.ok(lines[2]?.includes(`"'@SUM(1)\n""second"""`), reply.text)
    for (const cell of reply.text.split(/","|\r\n"/)) assert.doesNotMatch(cell, /^[=+@]/)
  })

  it('is JSON with the values as they are stored', async () => {
    await using world = await ApiWorld.ready()
    const { run } = await ended(world)
    const reply = await download(world, run, 'json')
    assert.match(String(reply.headers['content-disposition']), /^attachment/)
    const rows = JSON.parse(reply.text) as { state: string; value?: object; error: object | null }[]
    assert.equal(rows.length, 12)
    assert.deepEqual(rows[0]?.value, { free: 10 })
    assert.deepEqual([rows[11]?.state, rows[11]?.value, rows[11]?.error], ['queued', undefined, null])
  })

  it('of nobody is an empty list, and a table of heads', async () => {
    await using world = await ApiWorld.ready()
    const run = await runOnAll(world)
    assert.deepEqual(JSON.parse((await download(world, run, 'json')).text), [])
    assert.equal((await download(world, run, 'csv')).text.trimEnd().split('\r\n').length, 1)
  })

  it('is read piece by piece, however much there is of it', async () => {
    await using world = await ApiWorld.ready()
    const members = await addFleet(world, names(6))
    const run = await runOnAll(world)
    await endRun(world, run, members, () => ({ valueJson: `"${'x'.repeat(400_000)}"` }))
    const reads: number[] = []
    const read = world.store.readRunResults.bind(world.store)
    world.store.readRunResults = async (input) => {
      const rows = await read(input)
      reads.push(rows.length)
      return rows
    }
    const reply = await download(world, run, 'json')
    assert.equal((JSON.parse(reply.text) as []).length, 6)
    assert.deepEqual(reads, [2, 2, 2, 0])
  })
})

leakCheck()
