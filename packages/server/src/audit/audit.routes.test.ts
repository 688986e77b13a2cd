import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { AuditEntry } from '@octopus/protocol/rest/audit.ts'

import { ApiWorld } from '#testing/api-world.ts'

async function read(world: ApiWorld, query = ''): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = []
  for (let cursor = ''; ;) {
    const reply = await world.call({ path: `/api/v1/audit?limit=2&${query}${cursor}` })
    assert.equal(reply.status, 200, reply.text)
    const { items, nextCursor } = reply.json as { items: AuditEntry[]; nextCursor: string | null }
    found.push(...items)
    if (nextCursor === null) return found
    cursor = `&cursor=${nextCursor}`
  }
}

async function written(): Promise<{ world: ApiWorld; noon: string }> {
  const world = await ApiWorld.ready()
  for (const name of ['ann', 'ben']) await world.call({ method: 'POST', path: '/api/v1/users', body: { name } })
  await world.clock.advance(43_200_000)
  const noon = new Date(world.clock.wall()).toISOString()
  const task = { plugin: 'greet', owner: 'all', type: 'ad-hoc', name: '<script>' }
  await world.call({ method: 'POST', path: '/api/v1/tasks', body: task, token: world.tokens.operator })
  return { world, noon }
}

describe('the audit trail', () => {
  it('is read newest first, filtered by who, what, to what and when', async () => {
    const { world, noon } = await written()
    await using _world = world
    const actions = async (query: string): Promise<readonly string[]> =>
      (await read(world, query)).map(({ action, subject }) =>
        action.startsWith('user') ? `${action} ${subject}` : action,
      )
    const all = await actions('')
    assert.equal(all[0], 'task.create')
    assert.ok(all.length > 5)
    assert.deepEqual(await actions('actor=root/operator'), ['task.create'])
    assert.deepEqual(await actions('action=user.created&actor=root/admin'), ['user.created ben', 'user.created ann'])
    assert.deepEqual(await actions('subject=ann'), ['user.created ann'])
    assert.deepEqual(await actions('subject=ann&action=user.changed'), [])
    assert.deepEqual(await actions(`from=${noon}`), ['task.create'])
    assert.ok(!(await actions(`to=${noon}`)).includes('task.create'))
    assert.deepEqual(await actions(`action=user.created&from=${noon}`), [])
  })

  it('says who did what, and how they were known', async () => {
    const { world } = await written()
    await using _world = world
    const [entry] = await read(world)
    assert.deepEqual(entry?.actor, { kind: 'token', name: 'root/operator' })
    assert.deepEqual(entry?.details, { plugin: 'greet' })
    assert.equal(entry?.at, new Date(world.clock.wall()).toISOString())
  })

  it('is for administrators, and holds no secret', async () => {
    const { world } = await written()
    await using _world = world
    for (const token of [world.tokens.viewer, world.tokens.operator])
      assert.equal((await world.call({ path: '/api/v1/audit', token })).status, 403)
    const password = 'many words make one'
    await world.call({ method: 'POST', path: '/api/v1/users', body: { name: 'eve', password } })
    const made = await world.call({ method: 'POST', path: '/api/v1/tokens', body: { name: 'ci', role: 'viewer' } })
    const { text } = await world.call({ path: '/api/v1/audit?limit=200' })
    for (const secret of [password, (made.json as { token: string }).token, 'argon2']) assert.ok(!text.includes(secret))
  })

  for (const query of ['actor=', 'colour=red', 'from=yesterday', 'limit=0', 'cursor=x']) {
    it(`refuses ${query}`, async () => {
      await using world = await ApiWorld.ready()
      assert.equal((await world.call({ path: `/api/v1/audit?${query}` })).status, 400)
    })
  }
})

leakCheck()
