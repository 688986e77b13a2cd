import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { PluginItem } from '@octopus/protocol/rest/plugins.ts'

import { ApiWorld, DOWNLOAD_TOKEN, type Reply } from '#testing/api-world.ts'

const put = (world: ApiWorld, name: string, source: string): Promise<Reply> =>
  world.call({ method: 'PUT', path: `/api/v1/plugins/${name}`, body: { language: 'python', source } })
const pluginOf = (reply: Reply): PluginItem & { source: string } => reply.json
const codeOf = (reply: Reply): string => (reply.json as { code: string }).code

describe('a plugin', () => {
  it('is read when it is published, and every change makes a version', async () => {
    await using world = await ApiWorld.ready()
    const first = pluginOf(await put(world, 'disk', '"""Disks."""\ndef run(path="/"):\n    """Looks."""\n'))
    assert.deepEqual(
      [first.version, first.doc, first.actions[0]?.doc, first.actions[0]?.parameters[0]?.default],
      [1, 'Disks.', 'Looks.', '/'],
    )
    assert.equal(pluginOf(await put(world, 'disk', 'def run(): pass\n')).version, 2)
    assert.equal(pluginOf(await put(world, 'disk', 'def run(): pass\n')).version, 2, 'the same bytes change nothing')
    const back = pluginOf(await put(world, 'disk', first.source))
    assert.deepEqual([back.version, back.checksum], [3, first.checksum])
    const versions = (await world.call({ path: '/api/v1/plugins/disk/versions' })).json as { items: PluginItem[] }
    assert.deepEqual(
      versions.items.map(({ version }) => version),
      [3, 2, 1],
    )
    assert.equal(pluginOf(await world.call({ path: '/api/v1/plugins/DISK' })).source, first.source)
  })

  it('stays as it was when the new source cannot be read', async () => {
    await using world = await ApiWorld.ready()
    const before = pluginOf(await put(world, 'disk', 'def run(): pass\n'))
    assert.equal(codeOf(await put(world, 'disk', 'def run(:\n')), 'INVALID_PLUGIN')
    assert.equal(pluginOf(await world.call({ path: '/api/v1/plugins/disk' })).checksum, before.checksum)
  })

  it('can be checked without being stored', async () => {
    await using world = await ApiWorld.ready()
    const source = 'def run(a): pass\nx = = 1\n'
    const checked = await world.call({
      method: 'POST',
      path: '/api/v1/plugins/check',
      body: { language: 'python', source },
    })
    const { actions, problems } = checked.json as { actions: { name: string }[]; problems: object[] }
    assert.deepEqual([actions[0]?.name, problems.length], ['run', 1])
    assert.equal(codeOf(await world.call({ path: '/api/v1/plugins/check' })), 'PLUGIN_NOT_FOUND')
  })

  it('that a task uses is not deleted', async () => {
    await using world = await ApiWorld.ready()
    const body = { name: 'Weekly', plugin: 'greet', owner: 'all', type: 'scheduled', intervalSeconds: 60 }
    await world.call({ method: 'POST', path: '/api/v1/tasks', body })
    const remove = { method: 'DELETE', path: '/api/v1/plugins/greet' }
    const refused = await world.call(remove)
    assert.equal(codeOf(refused), 'PLUGIN_IN_USE')
    assert.match(refused.text, /Weekly/)
    await put(world, 'other', 'def run(): pass\n')
    assert.equal((await world.call({ ...remove, path: '/api/v1/plugins/other' })).status, 204)
    assert.equal((await world.call({ ...remove, path: '/api/v1/plugins/other' })).status, 404)
  })

  it('goes out to connected clients by its checksum, for ever the same', async () => {
    await using world = await ApiWorld.ready()
    const source = 'def run():\n    return "ä"\n'
    const { checksum } = pluginOf(await put(world, 'disk', source))
    const headers = { authorization: `Octopus-Session ${DOWNLOAD_TOKEN}` }
    const reply = await world.call({ path: `/client/v1/plugins/${checksum}`, token: null, headers })
    assert.deepEqual([reply.status, reply.text], [200, source])
    assert.equal(reply.headers['content-type'], 'application/octet-stream')
    assert.match(String(reply.headers['cache-control']), /immutable/)
    const none = await world.call({ path: `/client/v1/plugins/${'a'.repeat(64)}`, token: null, headers })
    assert.equal(codeOf(none), 'PLUGIN_NOT_FOUND')
  })

  it('tells the sync that something changed, and only then', async () => {
    await using world = await ApiWorld.ready()
    const before = world.facts.length
    await put(world, 'disk', 'def run(): pass\n')
    await put(world, 'disk', 'def run(): pass\n')
    const news = world.facts.slice(before).filter(([name]) => name === 'plugins-changed')
    assert.equal(news.length, 1)
    const { have, of } = (await world.call({ path: '/api/v1/plugins/disk/sync' })).json as { have: number; of: number }
    assert.deepEqual([have, of], [0, 0])
  })
})

leakCheck()
