import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { PluginItem, PluginVersionItem } from '@octopus/protocol/rest/plugins.ts'

import { ApiWorld, type Reply } from '#testing/api-world.ts'

type Plugin = PluginItem & { readonly source: string }
interface Refusal {
  readonly code: string
  readonly current?: Plugin
}

const source = (n: number): string => `def run(): return ${n}\n`
const at = (name: string, more = ''): string => `/api/v1/plugins/${name}${more}`
const put = async (world: ApiWorld, n: number): Promise<Plugin> =>
  (await world.call({ method: 'PUT', path: at('disk'), body: { language: 'python', source: source(n) } })).json
const post = (world: ApiWorld, n: number, basedOn: string | null): Promise<Reply> =>
  world.call({
    method: 'POST',
    path: at('disk', '/versions'),
    body: { language: 'python', source: source(n), basedOn },
  })
const list = async (world: ApiWorld): Promise<readonly PluginVersionItem[]> =>
  ((await world.call({ path: at('disk', '/versions') })).json as { items: PluginVersionItem[] }).items
const refused = (reply: Reply): readonly [number, string] => [reply.status, (reply.json as Refusal).code]

describe('versions of a plugin', () => {
  it('say which is current, who made each and from what, and keep their sources', async () => {
    await using world = await ApiWorld.ready()
    const first = (await post(world, 1, null)).json as Plugin
    await world.clock.advance(1_000)
    assert.equal((await post(world, 2, first.checksum)).status, 201)
    const versions = await list(world)
    assert.deepEqual(
      versions.map((one) => [one.version, one.state, one.basedOn, one.createdBy, one.sizeBytes, one.language]),
      [
        [2, 'current', 1, 'root/admin', 20, 'python'],
        [1, 'superseded', null, 'root/admin', 20, 'python'],
      ],
    )
    const old = (await world.call({ path: at('disk', '/versions/1') })).json as Plugin
    assert.deepEqual([old.source, old.checksum, old.actions[0]?.name], [source(1), first.checksum, 'run'])
    assert.deepEqual(refused(await world.call({ path: at('disk', '/versions/3') })), [404, 'VERSION_NOT_FOUND'])
    assert.deepEqual(refused(await world.call({ path: at('disk', '/versions/0') })), [400, 'INVALID_REQUEST'])
  })

  it('of two who edit the same one, only the first publishes; the other is shown what is current', async () => {
    await using world = await ApiWorld.ready()
    const base = await put(world, 1)
    assert.equal((await post(world, 2, base.checksum)).status, 201)
    const late = await post(world, 3, base.checksum)
    assert.deepEqual(refused(late), [409, 'VERSION_CONFLICT'])
    const { current } = late.json as Refusal
    assert.deepEqual([current?.version, current?.source], [2, source(2)])
    assert.equal((await list(world)).length, 2, 'nothing was published')
    assert.equal((await post(world, 3, current?.checksum ?? '')).status, 201)
    assert.deepEqual(refused(await post(world, 4, null)), [409, 'VERSION_CONFLICT'], 'there is one by now')
    const same = await post(world, 3, base.checksum)
    assert.deepEqual(
      [same.status, (same.json as Plugin).version],
      [201, 3],
      'what is current already overwrites nothing',
    )
  })

  it('of ten who publish at once, one wins', async () => {
    await using world = await ApiWorld.ready()
    const base = await put(world, 1)
    const all = await Promise.all(Array.from({ length: 10 }, (_, n) => post(world, n + 2, base.checksum)))
    const counts = [201, 409].map((status) => all.filter((reply) => reply.status === status).length)
    assert.deepEqual(counts, [1, 9])
  })

  it('based on a plugin that was deleted meanwhile is not published', async () => {
    await using world = await ApiWorld.ready()
    const base = await put(world, 1)
    await world.call({ method: 'DELETE', path: at('disk') })
    assert.deepEqual(refused(await post(world, 2, base.checksum)), [404, 'PLUGIN_NOT_FOUND'])
  })

  it('go back to old bytes under a new number', async () => {
    await using world = await ApiWorld.ready()
    const first = await put(world, 1)
    const second = await put(world, 2)
    const back = (checksum: string, revision?: number): Promise<Reply> =>
      world.call({
        method: 'PUT',
        path: at('disk', '/current'),
        body: { checksum },
        ...(revision !== undefined && { headers: { 'if-match': `"${revision}"` } }),
      })
    assert.deepEqual(refused(await back(first.checksum)), [428, 'REVISION_NEEDED'])
    const stale = await back(first.checksum, first.revision)
    assert.deepEqual(refused(stale), [412, 'STALE_REVISION'])
    assert.equal((stale.json as Refusal).current?.version, 2)
    const restored = (await back(first.checksum, second.revision)).json as Plugin
    assert.deepEqual([restored.version, restored.checksum, restored.source], [3, first.checksum, source(1)])
    assert.deepEqual(
      (await list(world)).map(({ version, state }) => [version, state]),
      [
        [3, 'current'],
        [2, 'superseded'],
        [1, 'superseded'],
      ],
    )
    assert.deepEqual(refused(await back('a'.repeat(64), restored.revision)), [404, 'VERSION_NOT_FOUND'])
    const again = (await back(first.checksum, restored.revision)).json as Plugin
    assert.equal(again.version, 3, 'what is current already stays')
    assert.match(world.dump(), /plugin\.rolled-back/)
  })
})

leakCheck()
