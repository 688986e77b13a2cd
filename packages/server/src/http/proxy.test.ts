import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'

/** The address that `ApiWorld` trusts. */
const PROXY = '10.9.9.9'
const STRANGER = '198.51.100.7'

const login = (world: ApiWorld, address: string, headers: Record<string, string>): Promise<Reply> =>
  world.call({
    method: 'POST',
    path: '/api/v1/login',
    body: { name: 'root', password: 'correct horse battery' },
    token: null,
    address,
    headers,
  })

describe('behind a proxy that is named in the settings', () => {
  it('the cookie is one for HTTPS, and works again by HTTPS only', async () => {
    await using world = await ApiWorld.ready()
    const headers = { 'x-forwarded-proto': 'https', host: 'octopus.example.com' }
    const reply = await login(world, PROXY, headers)
    const cookie = String(reply.headers['set-cookie'])
    assert.match(cookie, /^__Host-octopus_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/)
    const [pair = ''] = cookie.split(';')
    const me = { path: '/api/v1/me', cookie: pair, address: PROXY }
    assert.equal((await world.call({ ...me, headers })).status, 200)
    assert.equal((await world.call(me)).status, 401)
  })

  it('limits are those of who asks, not of the proxy', async () => {
    await using world = await ApiWorld.ready()
    const guess = (address: string, forwarded: string): Promise<Reply> =>
      world.call({
        method: 'POST',
        path: '/api/v1/login-link',
        body: { token: 'x'.repeat(43) },
        token: null,
        address,
        headers: { 'x-forwarded-for': forwarded },
      })
    for (let n = 0; n < 100; n++) assert.equal((await guess(PROXY, '203.0.113.1')).status, 401)
    assert.equal((await guess(PROXY, '203.0.113.1')).status, 429)
    assert.equal((await guess(PROXY, '203.0.113.2')).status, 401)
    // What stands before the last address may be made up.
    assert.equal((await guess(PROXY, '203.0.113.3, 203.0.113.1')).status, 429)
  })
})

describe('whoever else says that he is a proxy', () => {
  it('is not believed: neither how he came nor who he is', async () => {
    await using world = await ApiWorld.ready()
    const reply = await login(world, STRANGER, { 'x-forwarded-proto': 'https' })
    assert.match(String(reply.headers['set-cookie']), /^octopus_session=/)
    const guess = (n: number): Promise<Reply> =>
      world.call({
        method: 'POST',
        path: '/api/v1/login-link',
        body: { token: 'x'.repeat(43) },
        token: null,
        address: STRANGER,
        headers: { 'x-forwarded-for': `203.0.113.${n}` },
      })
    for (let n = 0; n < 100; n++) await guess(n)
    assert.equal((await guess(200)).status, 429)
  })
})

leakCheck()
