import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { ApiWorld, type Call, type Reply } from '#testing/api-world.ts'

const PATH = '/api/v1/notifications/targets'
const SECRET = 'a secret of the webhook'
const webhook = { name: 'Chat', kind: 'webhook', url: 'https://chat.example.com/hook/x', secret: SECRET }

const create = (world: ApiWorld, body: object = webhook, more: Partial<Call> = {}): Promise<Reply> =>
  world.call({ method: 'POST', path: PATH, body, ...more })
const idOf = (reply: Reply): string => (reply.json as { id: string }).id

describe('targets of notifications', () => {
  it('are for administrators only: addresses of chat programs are secrets', async () => {
    await using world = await ApiWorld.ready()
    const id = idOf(await create(world))
    for (const role of ['viewer', 'operator'] as const) {
      const token = world.tokens[role]
      assert.equal((await world.call({ path: PATH, token })).status, 403)
      assert.equal((await world.call({ path: `${PATH}/${id}`, token })).status, 403)
      assert.equal((await create(world, webhook, { token })).status, 403)
      assert.equal((await world.call({ method: 'POST', path: `${PATH}/${id}/test`, token })).status, 403)
    }
  })

  it('show that there is a secret, and never which; neither do the trail and the store', async () => {
    await using world = await ApiWorld.ready()
    const made = await create(world)
    assert.equal(made.status, 201)
    const { signed, events, tasks, enabled } = made.json as Record<string, unknown>
    assert.deepEqual([signed, tasks, enabled], [true, null, true])
    assert.deepEqual(events, ['failed', 'timed-out', 'expired', 'lost', 'client-vanished'])
    const list = await world.call({ path: PATH })
    assert.ok(![made.text, list.text, world.dump()].some((text) => text.includes(SECRET)))
  })

  it('are changed on the revision that was read; null takes the secret away', async () => {
    await using world = await ApiWorld.ready()
    const path = `${PATH}/${idOf(await create(world))}`
    const patch = (revision: number, body: object): Promise<Reply> =>
      world.call({ method: 'PATCH', path, body, headers: { 'if-match': String(revision) } })
    const changed = await patch(1, { enabled: false, events: ['lost'] })
    assert.deepEqual((changed.json as { signed: boolean }).signed, true)
    assert.equal((await patch(1, { enabled: true })).status, 412)
    const unsigned = (await patch(2, { secret: null })).json as { signed: boolean; enabled: boolean; events: string[] }
    assert.deepEqual([unsigned.signed, unsigned.enabled, unsigned.events], [false, false, ['lost']])
  })

  it('are refused with the field that is wrong', async () => {
    await using world = await ApiWorld.ready()
    const cases: readonly [object, number, string][] = [
      [{ ...webhook, url: 'http://127.0.0.1/' }, 400, 'url'],
      [{ ...webhook, secret: 'short' }, 400, 'secret'],
      [{ ...webhook, events: ['finished'] }, 400, 'events'],
      [{ ...webhook, events: [] }, 400, 'events'],
      [{ ...webhook, owner: 'me' }, 400, 'owner'],
      [{ ...webhook, tasks: ['01890000-0000-7000-8000-00000000000a'] }, 404, 'There is no task'],
    ]
    for (const [body, status, names] of cases) {
      const reply = await create(world, body)
      assert.equal(reply.status, status, reply.text)
      assert.ok(reply.text.includes(names), reply.text)
    }
    assert.equal((await world.call({ path: `${PATH}/nothing` })).status, 404)
  })

  it('send a test message at once, and say what became of it', async () => {
    await using world = await ApiWorld.ready()
    const path = `${PATH}/${idOf(await create(world))}/test`
    const good = await world.call({ method: 'POST', path })
    assert.deepEqual(good.json, { delivered: true, problem: null, tookMs: 0 })
    assert.deepEqual(world.sent[0]?.[1].body, { notices: [], more: 0 })
    world.sender.send = () => Promise.reject(new Error('It answered 500.'))
    const bad = await world.call({ method: 'POST', path })
    assert.deepEqual(bad.json, { delivered: false, problem: 'It answered 500.', tookMs: 0 })
  })

  it('are deleted with their messages', async () => {
    await using world = await ApiWorld.ready()
    const path = `${PATH}/${idOf(await create(world))}`
    assert.equal((await world.call({ method: 'DELETE', path })).status, 204)
    assert.equal((await world.call({ method: 'DELETE', path })).status, 404)
    const messages = await world.call({ path: '/api/v1/notifications/messages?state=dead' })
    assert.deepEqual((messages.json as { items: unknown[] }).items, [])
  })
})

leakCheck()
