import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { ExecutionItem, Run } from '@octopus/protocol/rest/runs.ts'
import type { SearchHit } from '@octopus/protocol/rest/search.ts'

import { ApiWorld } from '#testing/api-world.ts'
import { addFleet, executionsOf, runOnAll } from '#testing/fleet.ts'

interface Found {
  readonly items: readonly SearchHit[]
  readonly more: readonly string[]
}

async function search(world: ApiWorld, q: string, more = ''): Promise<Found> {
  const reply = await world.call({
    path: `/api/v1/search?q=${encodeURIComponent(q)}${more}`,
    token: world.tokens.viewer,
  })
  assert.equal(reply.status, 200, reply.text)
  return reply.json
}

const namesOf = ({ items }: Found): string[] => items.map(({ kind, name }) => `${kind} ${name}`)

async function filled(): Promise<ApiWorld> {
  const world = await ApiWorld.ready()
  for (const name of ['Disk report', 'Nightly disk', 'Übung für alle', '100% "done" OR *', 'greetings'])
    await world.call({
      method: 'POST',
      path: '/api/v1/tasks',
      body: { name, plugin: 'greet', owner: 'all', type: 'scheduled', intervalSeconds: 60 },
    })
  await world.call({ method: 'POST', path: '/api/v1/users', body: { name: 'diskman', displayName: 'Dora Disk' } })
  await addFleet(world, ['disk-server', 'PC-ANN'], 'diskman')
  return world
}

describe('a search', () => {
  const table: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'the beginning of a name first, then what contains it, of every kind',
      'disk',
      ['task Disk report', 'task Nightly disk', 'client disk-server', 'user diskman'],
    ],
    ['a part in the middle', 'ightl', ['task Nightly disk']],
    ['upper and lower case, marks or none', 'ubung FÜR', ['task Übung für alle']],
    ['blanks around are nothing', '  report ', ['task Disk report']],
    ['two characters: the beginning only', 'pc', ['client PC-ANN']],
    ['operators are text', '"done" OR *', ['task 100% "done" OR *']],
    ['a wildcard is text', '%', []],
    ['a plugin', 'gree', ['task greetings', 'plugin greet']],
    ['nothing that there is', 'zzz', []],
    ['a zero byte', 'disk\0-server', ['client disk-server']],
    ['a lone quote', '"""', []],
  ]
  for (const [title, q, found] of table) {
    it(`finds ${title}`, async () => {
      await using world = await filled()
      assert.deepEqual(namesOf(await search(world, q)), found)
    })
  }

  it('finds runs, executions, tasks and clients by the beginning of their ids', async () => {
    await using world = await filled()
    const run: Run = await runOnAll(world, { name: 'by id' })
    const [execution] = (await executionsOf(world, run)) as [ExecutionItem]
    for (const [kind, id] of [
      ['run', run.id],
      ['execution', execution.id],
      ['task', run.task.id],
      ['client', execution.slot.value],
    ] as const) {
      for (const q of [id, id.toUpperCase(), id.slice(0, 30)]) {
        const { items } = await search(world, q, `&kind=${kind}`)
        assert.ok(
          items.some((hit) => hit.kind === kind && hit.id === id),
          `${kind} ${q}`,
        )
      }
    }
    assert.deepEqual((await search(world, `${run.id}0`)).items, [])
    assert.deepEqual((await search(world, '01890000-ffff')).items, [])
  })

  it('says when there is more of a kind, and shows no more than was asked for', async () => {
    await using world = await filled()
    const few = await search(world, 'disk', '&limit=1')
    assert.deepEqual([namesOf(few), few.more], [['task Disk report', 'client disk-server', 'user diskman'], ['task']])
    const { items } = await search(world, 'disk', '&kind=task')
    assert.deepEqual(
      items.map(({ detail }) => detail),
      ['greet.run, created', 'greet.run, created'],
    )
  })

  it('follows new names, and forgets what is deleted', async () => {
    await using world = await filled()
    const [client] = (await search(world, 'disk-server')).items
    const path = `/api/v1/clients/${client?.id}`
    const headers = { 'if-match': '1' }
    await world.call({ method: 'PATCH', path, body: { name: 'mail-server' }, headers })
    assert.deepEqual(namesOf(await search(world, 'disk-server')), [])
    assert.deepEqual(namesOf(await search(world, 'mail')), ['client mail-server'])
    const [task] = (await search(world, 'Nightly')).items
    await world.call({ method: 'POST', path: `/api/v1/tasks/${task?.id}/end` })
    const deleted = await world.call({ method: 'DELETE', path: `/api/v1/tasks/${task?.id}` })
    assert.equal(deleted.status, 204, deleted.text)
    assert.deepEqual(namesOf(await search(world, 'Nightly')), [])
  })

  it('shows nothing secret', async () => {
    await using world = await filled()
    const { text } = await world.call({ path: '/api/v1/search?q=disk' })
    for (const secret of ['hash', 'publicKey', 'octo_', 'def run']) assert.ok(!text.includes(secret), secret)
  })

  for (const [what, query] of [
    ['nothing', ''],
    ['blanks', 'q=%20%20'],
    ['too much', `q=${'x'.repeat(256)}`],
    ['an unknown kind', 'q=a&kind=secret'],
    ['too many', 'q=a&limit=51'],
  ] as const) {
    it(`for ${what} is refused`, async () => {
      await using world = await ApiWorld.ready()
      const reply = await world.call({ path: `/api/v1/search?${query}` })
      assert.deepEqual([reply.status, (reply.json as { code: string }).code], [400, 'INVALID_REQUEST'])
    })
  }
})

leakCheck()
