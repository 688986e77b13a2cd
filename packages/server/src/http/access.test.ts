import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { type Route, type RouteName, ROUTES } from '@octopus/protocol/rest/routes.ts'
import type { Role } from '@octopus/protocol/roles.ts'

import { ApiWorld, type Call, DOWNLOAD_TOKEN } from '#testing/api-world.ts'

import { PAGES } from './pages.ts'

const NAMES = Object.keys(ROUTES) as RouteName[]
const ID = '01890000-0000-7000-8000-00000000000a'

/** A request that gets as far as its rights allow: what it names does not exist, what it sends fits. */
function callOf(name: RouteName): Call {
  const route: Route = ROUTES[name]
  const path = route.path
    .replace('{checksum}', 'a'.repeat(64))
    .replace('{name}', 'nobody')
    .replace('{id}', /tokens/.test(route.path) ? 'x' : ID)
  const query = name === 'events' ? '?topics=nonsense' : ''
  const headers = route.needsRevision ? { 'if-match': '"1"' } : {}
  return { method: route.method, path: path + query, headers, ...(BODIES[name] && { body: BODIES[name] }) }
}

const BODIES: Partial<Record<RouteName, object>> = {
  setup: { token: 'x', name: 'eve', password: 'x'.repeat(12) },
  login: { name: 'nobody', password: 'x' },
  loginLink: { token: 'x' },
  createApiToken: { name: 'x', role: 'viewer' },
  createUser: { name: 'root' },
  putPlugin: { language: 'shell', source: 'x' },
  checkPlugin: { language: 'python', source: '' },
  createTask: { plugin: 'nobody', owner: 'all', type: 'ad-hoc' },
  createNotificationTarget: { name: 'x', kind: 'e-mail', recipients: ['a@example.com'] },
  enroll: {
    secret: 'x'.repeat(20),
    publicKey: 'x'.repeat(43),
    name: 'x',
    version: 'x',
    reported: { hostName: '', os: '', arch: '', account: '', wishedUser: null, labels: [] },
  },
}

/** Bodies of changes that fit their schemas where an empty one does not. */
const CHANGES: Partial<Record<RouteName, object>> = { setCurrentVersion: { checksum: 'a'.repeat(64) } }

type Who = 'anonymous' | Role | 'client'
const EVERYBODY: readonly Who[] = ['anonymous', 'viewer', 'operator', 'admin', 'client']

function credentials(world: ApiWorld, who: Who): Partial<Call> {
  if (who === 'anonymous') return { token: null }
  if (who === 'client') return { token: null, headers: { authorization: `Octopus-Session ${DOWNLOAD_TOKEN}` } }
  return { token: world.tokens[who] }
}

/** What the table of routes promises. */
function mayCall(access: Route['access'], who: Who): boolean {
  if (access === 'stranger') return true
  if (access === 'client-session') return who === 'client'
  const order: readonly Who[] = ['viewer', 'operator', 'admin']
  return order.indexOf(who) >= order.indexOf(access)
}

describe('who may call what', () => {
  for (const who of EVERYBODY) {
    it(`${who}: exactly what the table says`, async () => {
      await using world = await ApiWorld.ready()
      let looked = 0
      for (const name of NAMES) {
        const call = callOf(name)
        const given = credentials(world, who)
        const reply = await world.call({ ...call, ...given, headers: { ...call.headers, ...given.headers } })
        const refused = reply.status === 401 || reply.status === 403
        const code = refused ? (reply.json as { code: string }).code : ''
        const own = ['WRONG_PASSWORD', 'SETUP_DONE', ...(ROUTES[name].access === 'stranger' ? ['WRONG_TOKEN'] : [])]
        const turnedAway = refused && !own.includes(code)
        assert.equal(turnedAway, !mayCall(ROUTES[name].access, who), `${name}: ${reply.status} ${reply.text}`)
        assert.ok(reply.status < 500, `${name}: ${reply.text}`)
        looked++
      }
      assert.equal(looked, NAMES.length)
    })
  }

  it('a role that is too small is told which one is needed', async () => {
    await using world = await ApiWorld.ready()
    const reply = await world.call({ ...callOf('createUser'), token: world.tokens.operator })
    assert.deepEqual(
      [reply.status, (reply.json as { code: string; detail: string }).detail],
      [403, 'This needs the role admin. Ask an administrator, or send a token that has it.'],
    )
  })

  it("an API token is nothing on the clients' side, a client's token nothing on the API's", async () => {
    await using world = await ApiWorld.ready()
    const asAdmin = await world.call(callOf('downloadPlugin'))
    assert.equal((asAdmin.json as { code: string }).code, 'WRONG_TOKEN')
    for (const scheme of ['Bearer', 'Octopus-Session', 'Basic', '']) {
      const headers = { authorization: `${scheme} ${DOWNLOAD_TOKEN}` }
      assert.equal((await world.call({ path: '/api/v1/me', token: null, headers })).status, 401)
    }
  })

  it('a token that ends counts no more, from the next request on', async () => {
    await using world = await ApiWorld.ready()
    const made = await world.call({
      method: 'POST',
      path: '/api/v1/tokens',
      body: { name: 'short', role: 'viewer', expiresInSeconds: 60 },
    })
    const { id, token } = made.json as { id: string; token: string }
    assert.match(token, /^octo_[\w-]{43}$/)
    assert.equal((await world.call({ path: '/api/v1/me', token })).status, 200)
    await world.clock.advance(61_000)
    assert.equal((await world.call({ path: '/api/v1/me', token })).status, 401)
    const dump = JSON.stringify(world.log.lines)
    assert.ok(!dump.includes(token), 'no log has it')
    assert.equal((await world.call({ method: 'DELETE', path: `/api/v1/tokens/${id}` })).status, 204)
  })

  it('nobody makes a token that may do more than himself', async () => {
    await using world = await ApiWorld.ready()
    const body = { name: 'x', role: 'admin' }
    const reply = await world.call({ method: 'POST', path: '/api/v1/tokens', body, token: world.tokens.operator })
    assert.equal((reply.json as { code: string }).code, 'NOT_ALLOWED')
  })
})

describe('a change', () => {
  it('names the revision that it was made on, in every route that changes something', async () => {
    await using world = await ApiWorld.ready()
    const changes = NAMES.filter((name) => ['PATCH', 'PUT'].includes(ROUTES[name].method))
    assert.ok(changes.length > 5, `only ${changes.length} routes change something`)
    for (const name of changes) {
      const route: Route = ROUTES[name]
      // It also makes the plugin, of which there is no revision yet; `POST …/versions` names what it is based on.
      if (name === 'putPlugin') continue
      assert.equal(route.needsRevision, true, `${name} takes changes of anything, however old what was seen is`)
      const { headers: _, ...call } = callOf(name)
      const reply = await world.call({ ...call, body: call.body ?? CHANGES[name] ?? {} })
      assert.deepEqual([reply.status, (reply.json as { code: string }).code], [428, 'REVISION_NEEDED'], name)
    }
  })
})

describe('the router', () => {
  it('has exactly the declared routes and pages', async () => {
    await using world = await ApiWorld.start()
    const declared = [
      ...NAMES.map((name) => `${ROUTES[name].method} ${ROUTES[name].path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
      ...PAGES.map((page) => `GET ${page}`),
    ]
    assert.deepEqual([...world.http.routes].sort(), declared.sort())
  })
})

leakCheck()
