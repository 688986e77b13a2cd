import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { sha256Hex } from '@octopus/kit/checksum.ts'

import { ApiError, type Json } from './harness/api.ts'
import { Octopus } from './harness/octopus.ts'

const FINAL = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost']
const greeting = (words: string): string => `def run(name="you"):\n    print("to " + name)\n    return "${words}"\n`

describe('versions of a plugin', () => {
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start()
    await octopus.startClients(['one', 'two'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  const filesOf = (client: string): readonly string[] => readdirSync(join(octopus.stateFolder(client), 'plugins'))
  const ended = (id: string): Promise<Json> =>
    octopus.api.eventually(`execution:${id},executions`, async () => {
      const found = await octopus.api.get(`/executions/${id}`)
      return FINAL.includes(found.state) && found
    })
  const valueOf = async (name: string): Promise<unknown> => (await octopus.run({ plugin: name }))[0].result.value
  const rollBack = async (name: string, checksum: string): Promise<Json> => {
    const { revision } = await octopus.api.get(`/plugins/${name}`)
    const response = await fetch(`${octopus.url}/api/v1/plugins/${name}/current`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${octopus.api.token}`,
        'content-type': 'application/json',
        'if-match': `"${revision}"`,
      },
      body: JSON.stringify({ checksum }),
    })
    return response.json()
  }

  it('can be tried on one PC, which alone ever has the draft, and only as long as it is tried', async () => {
    await octopus.publish('drafted', greeting('published'))
    const draft = greeting('draft')
    const client = await octopus.client('one')
    const order = { client: client.id, source: draft, kwargs: { name: 'Ann' } }
    const tried = await octopus.api.post('/plugins/drafted/try', order)
    assert.deepEqual([tried.try, tried.plugin.version, tried.plugin.checksum], [true, null, sha256Hex(draft)])
    const done = await ended(tried.id)
    assert.deepEqual([done.state, done.result.value, done.client.name], ['succeeded', 'draft', 'one'])
    assert.equal(await octopus.outputOf(tried.id), 'to Ann\n')
    assert.ok(!filesOf('two').includes(sha256Hex(draft)))
    await octopus.api.eventually('clients,stats', async () => !filesOf('one').includes(sha256Hex(draft)), 20_000)
    assert.equal(await valueOf('drafted'), 'published')
    assert.equal((await octopus.api.get('/plugins/drafted')).version, 1)
    assert.ok((await octopus.api.all('/tasks')).every(({ name }) => !name.startsWith('Try')))
  })

  it('do not overwrite each other, and go back without fetching again', async () => {
    const first = await octopus.publish('edited', greeting('first'))
    const body = { language: 'python', source: greeting('second'), basedOn: first.checksum }
    const second = await octopus.api.post('/plugins/edited/versions', body)
    assert.equal(second.version, 2)
    const late = octopus.api.post('/plugins/edited/versions', { ...body, source: greeting('third') })
    await assert.rejects(late, (error) => error instanceof ApiError && error.code === 'VERSION_CONFLICT')
    assert.equal(await valueOf('edited'), 'second')
    const back = await rollBack('edited', first.checksum)
    assert.deepEqual([back.version, back.checksum], [3, first.checksum])
    assert.equal(await valueOf('edited'), 'first')
  })

  it('stay with what uses them, and a deleted client comes back when it is restored', async () => {
    await octopus.publish('kept', greeting('kept'))
    const wish = {
      plugin: 'kept',
      owner: 'all',
      type: 'scheduled',
      intervalSeconds: 3_600,
      startAt: '2099-01-01T00:00:00Z',
    }
    const task = await octopus.task(wish)
    await assert.rejects(octopus.api.delete('/plugins/kept'), { code: 'PLUGIN_IN_USE' })
    await octopus.api.delete(`/tasks/${task.id}`)
    await octopus.api.delete('/plugins/kept')
    await assert.rejects(octopus.api.post(`/tasks/${task.id}/restore`), { code: 'PLUGIN_NOT_FOUND' })
    await octopus.api.post('/plugins/kept/restore')
    const restored = await octopus.api.post(`/tasks/${task.id}/restore`)
    assert.deepEqual([restored.paused, restored.status], [true, 'created'])

    const client = await octopus.client('two')
    await octopus.api.delete(`/clients/${client.id}`)
    const [execution, ...others] = await octopus.run({ plugin: 'kept', owner: 'all' })
    assert.deepEqual([execution.client.name, others.length], ['one', 0])
    await octopus.clients.get('two')?.stop()
    await octopus.api.post(`/clients/${client.id}/restore`)
    octopus.startClient('two')
    assert.equal((await octopus.presence('two', 'online')).id, client.id)
    assert.equal((await octopus.run({ plugin: 'kept', owner: 'all' })).length, 2)
  })
})
