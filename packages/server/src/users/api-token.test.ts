import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'

const HOUR_SECONDS = 3_600

interface Made {
  readonly id: string
  readonly token: string
  readonly role: string
  readonly expiresAt: string
}

const make = (world: ApiWorld, body: object, token: string | undefined): Promise<Reply> =>
  world.call({ method: 'POST', path: '/api/v1/tokens', body, ...(token !== undefined && { token }) })
const made = async (world: ApiWorld, body: object, token?: string): Promise<Made> => {
  const { status, json, text } = await make(world, body, token)
  assert.equal(status, 201, text)
  return json
}
const revoke = async (world: ApiWorld, id: string, token: string): Promise<number> =>
  (await world.call({ method: 'DELETE', path: `/api/v1/tokens/${id}`, token })).status

describe('an API token', () => {
  it('revokes itself and its equals, and none that may more', async () => {
    await using world = await ApiWorld.ready()
    const admin = await made(world, { name: 'deploy', role: 'admin' })
    const other = await made(world, { name: 'board', role: 'viewer' })
    const viewer = await made(world, { name: 'board', role: 'viewer' })
    assert.equal(await revoke(world, admin.id, viewer.token), 403)
    assert.equal((await world.call({ path: '/api/v1/me', token: admin.token })).status, 200)
    assert.equal(await revoke(world, other.id, viewer.token), 204)
    assert.equal(await revoke(world, viewer.id, viewer.token), 204)
    assert.equal((await world.call({ path: '/api/v1/me', token: viewer.token })).status, 401)
    const next = await made(world, { name: 'board', role: 'viewer' })
    assert.equal(await revoke(world, next.id, admin.token), 204)
  })

  it('can still be given back when its user has lost the role that it was made with', async () => {
    await using world = await ApiWorld.ready()
    await world.call({
      method: 'POST',
      path: '/api/v1/users',
      body: { name: 'ann', role: 'admin', password: 'correct horse battery' },
    })
    const signedIn = await world.call({
      method: 'POST',
      path: '/api/v1/login',
      token: null,
      body: { name: 'ann', password: 'correct horse battery' },
    })
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] ?? ''
    const { csrfToken } = signedIn.json as { csrfToken: string }
    const asked = await world.call({
      method: 'POST',
      path: '/api/v1/tokens',
      body: { name: 'cli', role: 'admin' },
      token: null,
      cookie,
      headers: { 'x-octopus-csrf': csrfToken },
    })
    const { id, token } = asked.json as Made
    const headers = { 'if-match': '1' }
    const changed = await world.call({ method: 'PATCH', path: '/api/v1/users/ann', body: { role: 'viewer' }, headers })
    assert.equal(changed.status, 200, changed.text)
    assert.equal(await revoke(world, id, token), 204)
  })

  it('makes no token that outlives it', async () => {
    await using world = await ApiWorld.ready()
    const short = await made(world, { name: 'job', role: 'viewer', expiresInSeconds: HOUR_SECONDS })
    await world.clock.advance(1_000)
    const child = await made(world, { name: 'child', role: 'viewer' }, short.token)
    assert.equal(child.expiresAt, short.expiresAt)
    const grandchild = await made(world, { name: 'grandchild', role: 'viewer', expiresInSeconds: 60 }, child.token)
    assert.ok(grandchild.expiresAt < child.expiresAt)
    const refused = await make(world, { name: 'long', role: 'viewer', expiresInSeconds: HOUR_SECONDS }, short.token)
    assert.equal(refused.status, 400)
    assert.match(refused.text, /expiresInSeconds.*must be at most 3599/)
    assert.equal((await make(world, { name: 'more', role: 'operator' }, short.token)).status, 403)
  })
})

leakCheck()
