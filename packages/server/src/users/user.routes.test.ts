import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { User } from '@octopus/protocol/rest/users.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'

const patch = (world: ApiWorld, body: object, revision?: number): Promise<Reply> =>
  world.call({
    method: 'PATCH',
    path: '/api/v1/users/ann',
    body,
    ...(revision !== undefined && { headers: { 'if-match': `"${revision}"` } }),
  })

describe('a user', () => {
  it('is changed only by who has seen them as they are, and who is late is shown how they are', async () => {
    await using world = await ApiWorld.ready()
    const made = await world.call({ method: 'POST', path: '/api/v1/users', body: { name: 'ann' } })
    const { revision } = made.json as User
    assert.equal((await patch(world, { displayName: 'Ann' })).status, 428)
    const changed = (await patch(world, { displayName: 'Ann', role: 'operator' }, revision)).json as User
    assert.deepEqual([changed.displayName, changed.role, changed.revision], ['Ann', 'operator', revision + 1])
    const late = await patch(world, { displayName: 'Anna' }, revision)
    const { code, current } = late.json as { code: string; current: User }
    assert.deepEqual([late.status, code, current], [412, 'STALE_REVISION', changed])
    assert.ok(!late.text.includes('argon'), 'nothing of a password')
    const nobody = await world.call({
      method: 'PATCH',
      path: '/api/v1/users/nobody',
      body: {},
      headers: { 'if-match': '1' },
    })
    assert.equal((nobody.json as { code: string }).code, 'USER_NOT_FOUND')
  })
})

leakCheck()
