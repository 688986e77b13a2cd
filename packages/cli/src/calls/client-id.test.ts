import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import { unpackToken } from '@octopus/protocol/enroll.ts'
import { ApiWorld } from '@octopus/server/testing/api-world.ts'

import { type Ran, runAgainst } from '#testing/cli-world.ts'

leakCheck()

describe('a client by its name', () => {
  let api: ApiWorld
  before(async () => (api = await ApiWorld.ready()))
  after(() => api[Symbol.asyncDispose]())
  const line = (text: string): Promise<Ran> => runAgainst(api, text.split(' '))
  const done = async (text: string): Promise<string> => {
    const { code, out, err } = await line(text)
    assert.equal(code, 0, `octopus ${text}: ${err}`)
    return out
  }
  let keys = 0
  const enroll = async (name: string): Promise<string> => {
    const headers = { host: 'octopus.example:8000' }
    const made = await api.call({ method: 'POST', path: '/api/v1/enrollment-tokens', body: {}, headers })
    const { token } = made.json as { token: string }
    const body = {
      secret: unpackToken(token)?.secret,
      publicKey: String(keys++).padStart(43, 'k'),
      name,
      version: '0.1.0',
      reported: { hostName: name, os: 'linux', arch: 'x64', account: 'me', wishedUser: null, labels: [] },
    }
    const { json, text } = await api.call({ method: 'POST', path: '/client/v1/enroll', token: null, body })
    assert.ok(json, text)
    return (json as { clientId: string }).clientId
  }

  it('is found while it is there; once deleted, it is found by what brings it back', async () => {
    const id = await enroll('desk-1')
    assert.match(await done('client show desk-1'), new RegExp(id))
    await done('client delete desk-1 --yes')
    const shown = await line('client show desk-1')
    assert.equal(shown.code, 2)
    assert.match(shown.err, /The client called "desk-1" is deleted\. "octopus client restore" brings it back\./)
    assert.match(await done('client restore desk-1'), new RegExp(id))
    assert.match(await done('client show desk-1'), new RegExp(id))
  })

  it('is the deleted one for what brings it back, though another one has its name by now', async () => {
    const old = await enroll('desk-2')
    await done('client delete desk-2 --yes')
    const now = await enroll('desk-2')
    assert.match(await done('client show desk-2'), new RegExp(now))
    assert.match(await done('client restore desk-2'), new RegExp(old))
    const both = await line('client show desk-2')
    assert.equal(both.code, 2)
    assert.match(both.err, /2 clients are called "desk-2"\. Say its id: octopus client list\./)
  })

  it('is asked for by its id where several deleted ones had the name, or none', async () => {
    for (let i = 0; i < 2; i++) {
      const id = await enroll('desk-3')
      await done(`client delete ${id} --yes`)
    }
    const many = await line('client restore desk-3')
    assert.equal(many.code, 2)
    assert.match(many.err, /2 deleted clients are called "desk-3"\. Say its id: octopus client list --deleted\./)
    const none = await line('client restore desk-4')
    assert.equal(none.code, 2)
    assert.match(none.err, /No deleted client is called "desk-4"\. Say its id: octopus client list --deleted\./)
  })

  it('is found after it was deleted where only its past is asked for', async () => {
    await enroll('desk-5')
    await done('client delete desk-5 --yes')
    const past = await line('execution list --client desk-5')
    assert.deepEqual([past.code, past.err], [0, 'There are none.\n'])
  })
})

describe('what was deleted comes back by the name or the id that it had', () => {
  it('a user, a plugin and a task', async () => {
    await using api = await ApiWorld.ready()
    const done = async (text: string): Promise<string> => {
      const { code, out, err } = await runAgainst(api, text.split(' '))
      assert.equal(code, 0, `octopus ${text}: ${err}`)
      return out
    }
    await done('user create walter')
    await api.publish('other', 'def run(): pass\n')
    const { id } = JSON.parse(await done('task create greet run --on all --json')) as { id: string }
    for (const [thing, name] of [
      ['user', 'walter'],
      ['plugin', 'other'],
      ['task', id],
    ]) {
      await done(`${thing} delete ${name} --yes`)
      assert.match(await done(`${thing} list --deleted`), new RegExp(name ?? ''))
      await done(`${thing} restore ${name}`)
      await done(`${thing} show ${name}`)
    }
  })
})
