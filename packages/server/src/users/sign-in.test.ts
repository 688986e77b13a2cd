import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { ApiWorld, type Call, type Reply } from '#testing/api-world.ts'

import { makeSetupToken, makeSignInToken } from './one-time-link.ts'

const PASSWORD = 'correct horse battery'
const login = (changes: object = {}, call: Partial<Call> = {}): Call => ({
  method: 'POST',
  path: '/api/v1/login',
  body: { name: 'root', password: PASSWORD, ...changes },
  token: null,
  ...call,
})
const codeOf = (reply: Reply): string => (reply.json as { code?: string } | undefined)?.code ?? `${reply.status}`
const cookieOf = (reply: Reply): string => String(reply.headers['set-cookie']).split(';', 1)[0] ?? ''
const csrfOf = (reply: Reply): string => (reply.json as { csrfToken: string }).csrfToken

/** A browser that is signed in. */
async function browser(world: ApiWorld): Promise<{ cookie: string; csrf: string }> {
  const reply = await world.call(login())
  return { cookie: cookieOf(reply), csrf: csrfOf(reply) }
}

describe('the first administrator', () => {
  it('is made once, with the token that the server printed, and never again', async () => {
    await using world = await ApiWorld.start()
    const token = await makeSetupToken(world)
    const setup = (body: object): Promise<Reply> =>
      world.call({ method: 'POST', path: '/api/v1/setup', token: null, body })
    assert.equal(codeOf(await setup({ token: 'guess', name: 'root', password: PASSWORD })), 'WRONG_TOKEN')
    assert.equal(codeOf(await setup({ token, name: 'root', password: 'root root root' })), 'WEAK_PASSWORD')
    const made = await setup({ token, name: 'root', password: PASSWORD })
    assert.deepEqual([made.status, (made.json as { role: string }).role], [200, 'admin'])
    assert.equal((await world.call({ path: '/api/v1/me', cookie: cookieOf(made) })).status, 200)
    assert.equal(codeOf(await setup({ token, name: 'eve', password: PASSWORD })), 'SETUP_DONE')
    assert.equal(await makeSetupToken(world), null)
    for (const path of ['/api/v1/setup/', '//api/v1/setup', '/api/v1//setup', '/api/v1/%73etup', '/API/v1/setup']) {
      const body = { token, name: 'eve', password: PASSWORD }
      assert.ok((await world.call({ method: 'POST', path, token: null, body })).status >= 400, path)
    }
  })

  it('an older token dies when a newer one is made', async () => {
    await using world = await ApiWorld.start()
    const old = await makeSetupToken(world)
    await makeSetupToken(world)
    const body = { token: old, name: 'root', password: PASSWORD }
    assert.equal(codeOf(await world.call({ method: 'POST', path: '/api/v1/setup', token: null, body })), 'WRONG_TOKEN')
  })
})

describe('signing in', () => {
  it('gives a cookie that scripts and other sites cannot use, and a token for changes', async () => {
    await using world = await ApiWorld.ready()
    const reply = await world.call(login())
    assert.match(
      String(reply.headers['set-cookie']),
      /^octopus_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
    )
    const me = await world.call({ path: '/api/v1/me', cookie: cookieOf(reply) })
    assert.deepEqual(me.json, { name: 'root', role: 'admin', by: 'session', csrfToken: csrfOf(reply) })
  })

  it('over TLS the cookie is bound to this host', async () => {
    await using world = await ApiWorld.start({ secure: true })
    await world.setUp()
    const reply = await world.call(login())
    assert.match(String(reply.headers['set-cookie']), /^__Host-octopus_session=.*; Secure$/)
    assert.equal((await world.call({ path: '/api/v1/me', cookie: cookieOf(reply) })).status, 200)
    const plain = cookieOf(reply).replace('__Host-', '')
    assert.equal((await world.call({ path: '/api/v1/me', cookie: plain })).status, 401)
  })

  it('says the same for a wrong name and a wrong password', async () => {
    await using world = await ApiWorld.ready()
    const wrong = [await world.call(login({ password: 'x' })), await world.call(login({ name: 'nobody' }))]
    assert.deepEqual(
      wrong.map(({ status, text }) => [status, text]),
      [
        [401, wrong[0]?.text],
        [401, wrong[0]?.text],
      ],
    )
  })

  it('ignores case in the name', async () => {
    await using world = await ApiWorld.ready()
    assert.equal((await world.call(login({ name: 'ROOT' }))).status, 200)
  })

  it('changes the cookie, and ends the session that the browser had', async () => {
    await using world = await ApiWorld.ready()
    const { cookie } = await browser(world)
    const again = await world.call(login({}, { cookie }))
    assert.notEqual(cookieOf(again), cookie)
    assert.equal((await world.call({ path: '/api/v1/me', cookie })).status, 401)
  })

  it('ends by signing out', async () => {
    await using world = await ApiWorld.ready()
    const { cookie, csrf } = await browser(world)
    const out = { method: 'POST', path: '/api/v1/logout', cookie, headers: { 'x-octopus-csrf': csrf } }
    const reply = await world.call(out)
    assert.match(String(reply.headers['set-cookie']), /^octopus_session=; .*Max-Age=0/)
    assert.equal((await world.call({ path: '/api/v1/me', cookie })).status, 401)
  })

  it('ends after 12 hours without use, and after 7 days with', async () => {
    await using world = await ApiWorld.ready()
    const { cookie } = await browser(world)
    const hours = async (count: number): Promise<number> => {
      await world.clock.advance(count * 3_600_000)
      return (await world.call({ path: '/api/v1/me', cookie })).status
    }
    for (let hour = 0; hour < 160; hour += 10) assert.equal(await hours(10), 200, `after ${hour} h`)
    assert.equal(await hours(10), 401, 'after 7 days')
    const { cookie: other } = await browser(world)
    await world.clock.advance(12.1 * 3_600_000)
    assert.equal((await world.call({ path: '/api/v1/me', cookie: other })).status, 401)
  })

  it('by a one-time link works once, for a while', async () => {
    await using world = await ApiWorld.ready()
    const use = (token: string): Promise<Reply> =>
      world.call({ method: 'POST', path: '/api/v1/login-link', body: { token }, token: null })
    const token = await makeSignInToken(world, 'root')
    assert.equal((await use(token)).status, 200)
    assert.equal(codeOf(await use(token)), 'WRONG_TOKEN')
    const late = await makeSignInToken(world, 'root')
    await world.clock.advance(11 * 60_000)
    assert.equal(codeOf(await use(late)), 'WRONG_TOKEN')
  })

  it('a disabled user is out at once', async () => {
    await using world = await ApiWorld.ready()
    const body = { name: 'ann', role: 'viewer', password: PASSWORD }
    assert.equal((await world.call({ method: 'POST', path: '/api/v1/users', body })).status, 201)
    const ann = await world.call(login({ name: 'ann' }))
    const me = { path: '/api/v1/me', cookie: cookieOf(ann) }
    assert.equal((await world.call(me)).status, 200)
    await world.call({
      method: 'PATCH',
      path: '/api/v1/users/ann',
      body: { disabled: true },
      headers: { 'if-match': '1' },
    })
    assert.equal((await world.call(me)).status, 401)
    assert.equal(codeOf(await world.call(login({ name: 'ann' }))), 'WRONG_PASSWORD')
  })
})

describe('guessing', () => {
  it("one account's password becomes slow from wherever, and its owner waits seconds, not for ever", async () => {
    await using world = await ApiWorld.ready()
    const tries: string[] = []
    for (let i = 0; i < 25; i++) {
      tries.push(codeOf(await world.call(login({ password: 'x' }, { address: `10.0.${i}.1` }))))
    }
    assert.equal(tries.filter((code) => code === 'WRONG_PASSWORD').length, 20)
    const refused = await world.call(login({}, { address: '10.9.9.9' }))
    assert.deepEqual([refused.status, refused.headers['retry-after']], [429, '2'])
    assert.match(refused.text, /Wait 2 s/)
    await world.clock.advance(2_000)
    assert.equal((await world.call(login())).status, 200)
  })

  it('from one address becomes slow for all accounts, and others are not touched', async () => {
    await using world = await ApiWorld.ready()
    const codes: string[] = []
    for (let i = 0; i < 110; i++) codes.push(codeOf(await world.call(login({ name: `user${i}`, password: 'x' }))))
    assert.equal(codes.filter((code) => code === 'TOO_MANY_REQUESTS').length, 10)
    assert.equal((await world.call(login({}, { address: '10.0.0.2' }))).status, 200)
  })

  it('those who know the password are never slowed', async () => {
    await using world = await ApiWorld.ready()
    for (let i = 0; i < 120; i++) assert.equal((await world.call(login())).status, 200)
  })
})

describe('a request that another site caused', () => {
  const stop = (world: ApiWorld, call: Partial<Call>): Promise<Reply> =>
    world.call({ method: 'POST', path: '/api/v1/stop-all-work', token: null, ...call })

  const caused: readonly [string, Record<string, string>][] = [
    ['without the token of the page', {}],
    ['with a wrong token', { 'x-octopus-csrf': 'x' }],
    ['with another origin', { 'x-octopus-csrf': 'RIGHT', origin: 'https://evil.example' }],
    ['with a hidden origin', { 'x-octopus-csrf': 'RIGHT', origin: 'null' }],
    ['from another site', { 'x-octopus-csrf': 'RIGHT', 'sec-fetch-site': 'cross-site' }],
    ['from another port', { 'x-octopus-csrf': 'RIGHT', origin: 'http://localhost:81', host: 'localhost:80' }],
  ]
  for (const [what, headers] of caused) {
    it(`${what} changes nothing`, async () => {
      await using world = await ApiWorld.ready()
      const { cookie, csrf } = await browser(world)
      const given = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v === 'RIGHT' ? csrf : v]))
      assert.equal(codeOf(await stop(world, { cookie, headers: given })), 'CSRF')
      assert.equal(await world.store.readWorkStopped({}), false)
    })
  }

  it('the page itself may, and a program with a token needs none of it', async () => {
    await using world = await ApiWorld.ready()
    const { cookie, csrf } = await browser(world)
    const own = { origin: 'http://localhost:80', host: 'localhost:80', 'sec-fetch-site': 'same-origin' }
    assert.equal((await stop(world, { cookie, headers: { 'x-octopus-csrf': csrf, ...own } })).status, 200)
    assert.equal((await stop(world, { token: world.tokens.operator })).status, 200)
  })

  it('cannot sign anybody in either', async () => {
    await using world = await ApiWorld.ready()
    assert.equal(codeOf(await world.call(login({}, { headers: { origin: 'https://evil.example' } }))), 'CSRF')
  })

  it('a cookie is of no use beside a wrong token', async () => {
    await using world = await ApiWorld.ready()
    const { cookie } = await browser(world)
    const reply = await world.call({ path: '/api/v1/me', cookie, headers: { authorization: 'Bearer octo_x' } })
    assert.equal(codeOf(reply), 'WRONG_TOKEN')
  })
})

describe('nothing secret', () => {
  it('stands in the store or in the log', async () => {
    await using world = await ApiWorld.ready()
    const { cookie, csrf } = await browser(world)
    const token = await world.call({ method: 'POST', path: '/api/v1/tokens', body: { name: 'x', role: 'viewer' } })
    const link = await makeSignInToken(world, 'root')
    const text = (token.json as { token: string }).token
    const secrets = [cookie.slice('octopus_session='.length), csrf, text, link, PASSWORD]
    const rows = world.dump()
    assert.ok(rows.includes('root') && rows.includes('argon2id'), 'the search sees the store')
    for (const secret of secrets) {
      assert.ok(!rows.includes(secret), 'the store')
      assert.ok(!JSON.stringify(world.log.lines).includes(secret), 'the log')
    }
  })
})

leakCheck()
