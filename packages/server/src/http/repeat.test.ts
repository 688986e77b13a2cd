import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { type Route, type RouteName, ROUTES } from '@octopus/protocol/rest/routes.ts'

import { ApiWorld, type Call, type Reply } from '#testing/api-world.ts'
import { addFleet, endRun, executionsOf, runOnAll } from '#testing/fleet.ts'

const KEY = 'c8bfb1a0-4a4f-4a3e-9d8e-0d4f8a6a2a11'
const adHoc = { plugin: 'greet', owner: 'all', type: 'ad-hoc' }
const create = (changes: object = {}): Call => ({
  method: 'POST',
  path: '/api/v1/tasks',
  body: { ...adHoc, ...changes },
})
const keyed = (call: Call, key = KEY): Call => ({ ...call, headers: { 'idempotency-key': key } })
const codeOf = (reply: Reply): string => (reply.json as { code: string }).code
const tasksIn = async (world: ApiWorld): Promise<number> =>
  ((await world.call({ path: '/api/v1/tasks' })).json as { items: object[] }).items.length

const post = (path: string, body: object = {}): Call => ({ method: 'POST', path: `/api/v1/${path}`, body })

/** Entries of the audit trail. */
const trail = (world: ApiWorld): number => world.dump().split('"actor_kind":').length

/** The table of routes says which make something. */
type Creation = { [N in RouteName]: (typeof ROUTES)[N] extends { readonly creates: true } ? N : never }[RouteName]
const marked = (Object.keys(ROUTES) as RouteName[]).filter((name) => (ROUTES[name] as Route).creates)

/** Each of them, with a request that does. */
async function creations(world: ApiWorld): Promise<readonly (readonly [RouteName, Call])[]> {
  const task = (await world.call(create({ type: 'scheduled', intervalSeconds: 3_600 }))).json as { id: string }
  const [pc] = await addFleet(world, ['pc'])
  assert.ok(pc)
  const failed = await runOnAll(world)
  await endRun(world, failed, [pc], () => ({ end: 'failed', reason: 'exception' }))
  const [execution] = await executionsOf(world, failed)
  const calls: Readonly<Record<Creation, Call>> = {
    createTask: create(),
    runTask: post(`tasks/${task.id}/runs`),
    retryRun: post(`runs/${failed.id}/retry`),
    retryExecution: { method: 'POST', path: `/api/v1/executions/${execution?.id}/retry` },
    createPluginVersion: post('plugins/other/versions', { language: 'shell', source: 'exit 0\n', basedOn: null }),
    tryPlugin: post('plugins/greet/try', { client: pc.id }),
    createUser: post('users', { name: 'ann', password: 'many words make one' }),
    createApiToken: post('tokens', { name: 'ci', role: 'viewer' }),
    createEnrollmentToken: post('enrollment-tokens'),
    createNotificationTarget: post('notifications/targets', {
      name: 'ops',
      kind: 'webhook',
      url: 'https://example.org/',
    }),
  }
  return Object.entries(calls) as [Creation, Call][]
}

describe('a request with an idempotency key', () => {
  it('is known by every route that makes something', async () => {
    const made = (Object.keys(ROUTES) as RouteName[]).filter((name) => {
      const route: Route = ROUTES[name]
      // A PC that enrols is known by its key; one by that key there is already.
      return route.method === 'POST' && route.status === 201 && route.access !== 'stranger'
    })
    for (const name of made) assert.ok(marked.includes(name), `${name} makes something and has no creates: true`)
    assert.ok(marked.length >= 10)
    await using world = await ApiWorld.ready()
    const sent = (await creations(world)).map(([name]) => name)
    assert.deepEqual(sent.toSorted(), marked.toSorted(), 'the tests below send each of them')
  })

  it('makes one thing however often it is sent, and each time gets the first answer', async () => {
    await using world = await ApiWorld.ready()
    for (const [name, call] of await creations(world)) {
      const before = trail(world)
      const first = await world.call(keyed(call, name))
      assert.equal(first.status, 201, `${name}: ${first.text}`)
      assert.equal(first.headers['idempotency-replayed'], undefined)
      await world.clock.advance(5_000)
      const again = await world.call(keyed(call, name))
      assert.deepEqual([again.status, again.text], [201, first.text], name)
      assert.equal(again.headers['idempotency-replayed'], 'true')
      assert.equal(trail(world), before + 1, name)
    }
  })

  it('gets the first answer after a restart too', async () => {
    const before = await ApiWorld.ready()
    const calls = await creations(before)
    const first: string[] = []
    for (const [name, call] of calls) first.push((await before.call(keyed(call, name))).text)
    await using world = await before.restart()
    for (const [index, [name, call]] of calls.entries())
      assert.equal((await world.call(keyed(call, name))).text, first[index], name)
  })

  it('makes nothing twice when the server died between the effect and the answer', async () => {
    const before = await ApiWorld.ready()
    const calls = await creations(before)
    const first: Reply[] = []
    before.store.keepAnswer = async () => {}
    for (const [name, call] of calls) first.push(await before.call(keyed(call, name)))
    await using world = await before.restart()
    const [tasks, audited] = [await tasksIn(world), trail(world)]
    for (const [index, [name, call]] of calls.entries()) {
      const again = await world.call(keyed(call, name))
      assert.deepEqual([again.status, again.json], [201, first[index]?.json], name)
    }
    assert.deepEqual([await tasksIn(world), trail(world)], [tasks, audited])
    const made = first[calls.findIndex(([name]) => name === 'createApiToken')]
    const token = (made?.json as unknown as { token: string } | undefined)?.token ?? ''
    assert.equal(
      (await world.call({ path: '/api/v1/me', token })).status,
      200,
      'the token in both answers is the one that works',
    )
  })

  it('waits for the first while that is under way', async () => {
    await using world = await ApiWorld.ready()
    const replies = await Promise.all(Array.from({ length: 5 }, () => world.call(keyed(create()))))
    assert.deepEqual(new Set(replies.map(({ text }) => text)).size, 1)
    assert.equal(await tasksIn(world), 1)
    const other = await Promise.all([world.call(keyed(create(), 'k')), world.call(keyed(create({ name: 'x' }), 'k'))])
    assert.deepEqual(new Set(other.map(({ status }) => status)), new Set([201, 422]))
  })

  it('is refused when its key belongs to another request', async () => {
    await using world = await ApiWorld.ready()
    await world.call(keyed(create()))
    const others: readonly Call[] = [
      create({ name: 'other' }),
      create({ args: [1.0] }),
      { method: 'POST', path: '/api/v1/users', body: { name: 'bob' } },
    ]
    for (const other of others) {
      const reply = await world.call(keyed(other))
      assert.deepEqual([reply.status, codeOf(reply)], [422, 'KEY_REUSED'], reply.text)
    }
    assert.equal(await tasksIn(world), 1)
    const turned = { method: 'POST', path: '/api/v1/tasks', text: '{"type":"ad-hoc", "owner":"all","plugin":"greet"}' }
    assert.equal((await world.call(keyed(turned))).status, 201, 'the order of members says nothing')
  })

  it('that was refused made nothing, and its key can be used again', async () => {
    await using world = await ApiWorld.ready()
    const wrong = await world.call(keyed(create({ plugin: 'nobody' })))
    assert.equal(codeOf(wrong), 'PLUGIN_NOT_FOUND')
    assert.equal((await world.call(keyed(create()))).status, 201)
  })

  it('is its own for each caller', async () => {
    await using world = await ApiWorld.ready()
    const call = keyed(create())
    const admin = await world.call(call)
    const operator = await world.call({ ...call, token: world.tokens.operator })
    const viewer = await world.call({ ...call, token: world.tokens.viewer })
    assert.notEqual((admin.json as { id: string }).id, (operator.json as { id: string }).id)
    assert.deepEqual([viewer.status, codeOf(viewer)], [403, 'NOT_ALLOWED'])
    const nobody = await world.call({ ...call, token: null })
    assert.equal(nobody.status, 401, nobody.text)
    assert.equal(await tasksIn(world), 2)
  })

  it('is remembered for a day', async () => {
    await using world = await ApiWorld.ready()
    const first = await world.call(keyed(create()))
    await world.clock.advance(86_399_000)
    assert.equal((await world.call(keyed(create()))).text, first.text)
    await world.clock.advance(1_000)
    assert.notEqual((await world.call(keyed(create()))).text, first.text)
    assert.equal(await tasksIn(world), 2)
  })

  it('leaves no secret in the store', async () => {
    await using world = await ApiWorld.ready()
    const password = 'many words make one'
    const user = { method: 'POST', path: '/api/v1/users', body: { name: 'ann', password } }
    const made = (
      await world.call(keyed({ method: 'POST', path: '/api/v1/tokens', body: { name: 'ci', role: 'viewer' } }))
    ).json as { token: string }
    await world.call(keyed(user, 'another-key'))
    const stored = world.dump()
    assert.match(stored, /"seed":/)
    for (const secret of [made.token, password, KEY, 'another-key']) assert.ok(!stored.includes(secret), secret)
  })

  for (const [what, key] of [
    ['nothing', ''],
    ['too much', 'x'.repeat(256)],
    ['blanks', 'a b'],
    ['other letters', 'schlüssel'],
  ] as const) {
    it(`is refused when the key is ${what}`, async () => {
      await using world = await ApiWorld.ready()
      const reply = await world.call(keyed(create(), key))
      assert.deepEqual([reply.status, codeOf(reply)], [400, 'INVALID_REQUEST'])
      assert.match(reply.text, /idempotency-key/)
      assert.equal(await tasksIn(world), 0)
    })
  }
})

leakCheck()
