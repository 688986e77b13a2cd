import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { unpackToken } from '@octopus/protocol/enroll.ts'
import type { SessionId } from '@octopus/protocol/ids.ts'
import { LABEL_CHARACTERS_MAX, LABELS_MAX } from '@octopus/protocol/limits.ts'
import type { Client } from '@octopus/protocol/rest/clients.ts'

import { ApiWorld, type Reply, SERVER_ID } from '#testing/api-world.ts'

let keys = 0
const about = (secret: string, changes: object = {}): object => ({
  secret,
  publicKey: String(keys++).padStart(43, 'k'),
  name: 'pc-1',
  version: '0.1.0',
  reported: { hostName: 'pc-1', os: 'linux', arch: 'x64', account: 'me', wishedUser: 'root', labels: [] },
  ...changes,
})
const enroll = (world: ApiWorld, body: object): Promise<Reply> =>
  world.call({ method: 'POST', path: '/client/v1/enroll', token: null, body })
const secretFor = async (world: ApiWorld, wish: object = {}): Promise<string> => {
  const headers = { host: 'octopus.example:8000' }
  const made = await world.call({ method: 'POST', path: '/api/v1/enrollment-tokens', body: wish, headers })
  assert.equal(made.status, 201, made.text)
  const { token, command } = made.json as { token: string; command: string }
  assert.equal(command, `OCTOPUS_TOKEN=${token} npm run octopus -- client`)
  assert.equal(unpackToken(token)?.server, 'http://octopus.example:8000')
  return unpackToken(token)?.secret ?? ''
}
const enrolled = async (world: ApiWorld, wish: object = {}): Promise<Client> => {
  const { clientId } = (await enroll(world, about(await secretFor(world, wish)))).json as { clientId: string }
  return (await world.call({ path: `/api/v1/clients/${clientId}` })).json
}
const verb = (world: ApiWorld, client: Client, name: string, body?: object): Promise<Reply> =>
  world.call({ method: 'POST', path: `/api/v1/clients/${client.id}/${name}`, body })

describe('enrolling', () => {
  it('a PC waits for approval; what it says of itself gives it nothing', async () => {
    await using world = await ApiWorld.ready()
    const secret = await secretFor(world)
    const reply = await enroll(world, about(secret))
    const { clientId, serverId, status } = reply.json as { clientId: string; serverId: string; status: string }
    assert.deepEqual([reply.status, serverId, status], [201, SERVER_ID, 'pending'])
    const client = (await world.call({ path: `/api/v1/clients/${clientId}` })).json as Client
    assert.deepEqual([client.user, client.reported?.wishedUser, client.presence], [null, 'root', 'offline'])
    assert.match(client.fingerprint, /^[0-9a-f]{64}$/)
    assert.ok(world.facts.some(([name]) => name === 'client-changed'))
  })

  it('a token that approves and names a user does both', async () => {
    await using world = await ApiWorld.ready()
    await world.call({ method: 'POST', path: '/api/v1/users', body: { name: 'ann' } })
    const client = await enrolled(world, { approves: true, user: 'ann' })
    assert.deepEqual([client.status, client.user], ['approved', 'ann'])
    const wrong = await world.call({ method: 'POST', path: '/api/v1/enrollment-tokens', body: { user: 'nobody' } })
    assert.equal((wrong.json as { code: string }).code, 'USER_NOT_FOUND')
  })

  it('of 20 at once with a token for one, one wins', async () => {
    await using world = await ApiWorld.ready()
    const secret = await secretFor(world)
    const replies = await Promise.all(Array.from({ length: 20 }, () => enroll(world, about(secret))))
    assert.equal(replies.filter(({ status }) => status === 201).length, 1)
    assert.equal(replies.filter((reply) => (reply.json as { code?: string }).code === 'WRONG_TOKEN').length, 19)
  })

  it('a token ends with its time, and when it is revoked', async () => {
    await using world = await ApiWorld.ready()
    const late = await secretFor(world, { expiresInSeconds: 60, maxUses: 5 })
    const revoked = await secretFor(world)
    const tokens = await world.call({ path: '/api/v1/enrollment-tokens' })
    const { items } = tokens.json as { items: { id: string; usesLeft: number }[] }
    assert.equal(items.length, 2)
    for (const { id, usesLeft } of items) {
      if (usesLeft === 1) await world.call({ method: 'DELETE', path: `/api/v1/enrollment-tokens/${id}` })
    }
    await world.clock.advance(61_000)
    for (const secret of [late, revoked]) assert.equal((await enroll(world, about(secret))).status, 401)
    const gone = await world.call({ method: 'DELETE', path: `/api/v1/enrollment-tokens/nonsense` })
    assert.equal((gone.json as { code: string }).code, 'TOKEN_NOT_FOUND')
  })

  it('a PC whose first answer was lost asks again and is who it was', async () => {
    await using world = await ApiWorld.ready()
    const secret = await secretFor(world, { maxUses: 2 })
    const body = about(secret)
    const first = await enroll(world, body)
    const again = await enroll(world, body)
    assert.deepEqual([again.status, again.json], [201, first.json])
  })
})

describe('a client', () => {
  it('is approved and bound to a user, drained, resumed, and revoked for good', async () => {
    await using world = await ApiWorld.ready()
    const client = await enrolled(world)
    const unknown = await verb(world, client, 'approve', { user: 'nobody' })
    assert.equal((unknown.json as { code: string }).code, 'USER_NOT_FOUND')
    const approved = (await verb(world, client, 'approve', { user: 'root' })).json as Client
    assert.deepEqual([approved.status, approved.user], ['approved', 'root'])
    assert.equal(((await verb(world, client, 'drain')).json as Client).draining, true)
    assert.equal(((await verb(world, client, 'resume')).json as Client).draining, false)
    assert.equal(((await verb(world, client, 'revoke')).json as Client).status, 'revoked')
    assert.ok(world.facts.some(([name]) => name === 'client-revoked'))
    for (const name of ['approve', 'drain', 'resume']) {
      assert.equal(((await verb(world, client, name)).json as { code: string }).code, 'CLIENT_REVOKED', name)
    }
  })

  it('is changed only by who has seen it as it is', async () => {
    await using world = await ApiWorld.ready()
    const client = await enrolled(world)
    const patch = (body: object, revision: number): Promise<Reply> =>
      world.call({
        method: 'PATCH',
        path: `/api/v1/clients/${client.id}`,
        body,
        headers: { 'if-match': `"${revision}"` },
      })
    const changed = await patch({ name: 'Reception', user: 'root', labels: ['lab'] }, client.revision)
    const { name, user, labels, revision } = changed.json as Client
    assert.deepEqual([name, user, labels], ['Reception', 'root', ['lab']])
    const late = await patch({ name: 'x' }, client.revision)
    const { code, current } = late.json as { code: string; current: Client }
    assert.deepEqual(
      [late.status, code, current.name, current.revision],
      [412, 'STALE_REVISION', 'Reception', revision],
    )
    const blind = { method: 'PATCH', path: `/api/v1/clients/${client.id}`, body: { name: 'x' } }
    assert.equal((await world.call(blind)).status, 428)
    for (const wrong of [['x'.repeat(65)], Array.from({ length: 33 }, (_, n) => `l${n}`), ['']]) {
      assert.equal((await patch({ labels: wrong }, revision)).status, 400)
    }
    assert.equal(((await patch({ user: null }, revision)).json as Client).user, null)
  })

  it('has no more labels than it may, and none that is too long', async () => {
    await using world = await ApiWorld.ready()
    const client = await enrolled(world)
    const headers = { 'if-match': `"${client.revision}"` }
    const label = async (labels: readonly string[]): Promise<number> =>
      (await world.call({ method: 'PATCH', path: `/api/v1/clients/${client.id}`, body: { labels }, headers })).status
    const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `label-${n}`)
    assert.deepEqual(
      [await label(many(LABELS_MAX + 1)), await label(['x'.repeat(LABEL_CHARACTERS_MAX + 1)])],
      [400, 400],
    )
    assert.equal(await label(many(LABELS_MAX - 1).concat('x'.repeat(LABEL_CHARACTERS_MAX))), 200)
  })

  it('is counted where it can be reached', async () => {
    await using world = await ApiWorld.ready()
    const one = await enrolled(world, { approves: true, user: 'root' })
    const two = await enrolled(world, { approves: true })
    await enrolled(world, { approves: true })
    for (const [index, client] of [one.id, two.id].entries()) {
      const session = `01890000-0000-7000-8000-00000000000${index}` as SessionId
      const now = world.clock.wall()
      await world.store.beginSession({
        now,
        client,
        session,
        bootId: 'boot',
        version: '0.1.0',
        holdMs: 120_000,
        heartbeatMs: 10_000,
      })
    }
    world.online.add(one.id)
    const reach = (await world.call({ path: '/api/v1/reach' })).json as unknown
    assert.deepEqual(reach, { all: 2, anyone: 1, users: [{ user: 'root', clients: [one.id], online: true }] })
  })

  it('that is not there is not found', async () => {
    await using world = await ApiWorld.ready()
    const nobody = { id: '01890000-0000-7000-8000-00000000000a' } as Client
    for (const name of ['approve', 'revoke', 'drain', 'resume']) {
      assert.equal(((await verb(world, nobody, name)).json as { code: string }).code, 'CLIENT_NOT_FOUND', name)
    }
  })
})

leakCheck()
