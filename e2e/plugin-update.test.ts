import assert from 'node:assert/strict'
import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { sha256Hex } from '@octopus/kit/checksum.ts'

import type { Json } from './harness/api.ts'
import { Octopus } from './harness/octopus.ts'

const greeting = (words: string): string => `def run():\n    return "${words}"\n`

describe('a plugin that changes', () => {
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start()
    await octopus.startClients(['one', 'two'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  const inSync = (name: string): Promise<Json> =>
    octopus.api.eventually(`plugins,plugin:${name},clients`, async () => {
      const sync = await octopus.api.get(`/plugins/${name}/sync`)
      return sync.have === 2 && sync
    })
  const plugin = (name: string, fits: (found: Json) => boolean): Promise<Json> =>
    octopus.api.eventually(`plugins,plugin:${name}`, async () => {
      const found = (await octopus.api.all('/plugins')).find((one) => one.name === name)
      return found !== undefined && fits(found) && octopus.api.get(`/plugins/${name}`)
    })
  const valueOf = async (name: string): Promise<unknown> => (await octopus.run({ plugin: name }))[0].result.value

  it('is on every client and used after a PUT, and the same bytes again are no new version', async () => {
    const first = await octopus.publish('by_api', greeting('first'))
    assert.equal(await valueOf('by_api'), 'first')
    const again = await octopus.publish('by_api', greeting('first'))
    assert.deepEqual([again.version, again.checksum], [first.version, first.checksum])

    const second = await octopus.publish('by_api', greeting('second'))
    assert.equal(second.version, 2)
    assert.equal((await inSync('by_api')).checksum, sha256Hex(greeting('second')))
    assert.equal(await valueOf('by_api'), 'second')
    assert.equal(await valueOf('by_api'), 'second')
  })

  it('is noticed when somebody changes its file on a PC, and is fetched again before anything runs', async () => {
    await octopus.publish('guarded', greeting('genuine'))
    await inSync('guarded')
    const checksum = sha256Hex(greeting('genuine'))
    for (const name of ['one', 'two']) {
      const cache = join(octopus.stateFolder(name), 'plugins')
      assert.ok(readdirSync(cache).includes(checksum))
      writeFileSync(join(cache, checksum), greeting('forged'))
    }
    const executions = await octopus.run({ plugin: 'guarded', owner: 'all' })
    assert.deepEqual(
      executions.map(({ state, result }) => [state, result?.value]),
      [
        ['succeeded', 'genuine'],
        ['succeeded', 'genuine'],
      ],
    )
    for (const client of octopus.clients.values()) await client.line(/plugin-tampered/)
  })

  it('stays at its last good version while the file in the folder has a syntax error, and says what is wrong', async () => {
    put('folded', greeting('good'))
    const good = await plugin('folded', ({ version }) => version === 1)
    assert.equal(await valueOf('folded'), 'good')

    put('folded', 'def run(:\n    return "bad"\n')
    const broken = await plugin('folded', ({ problem }) => problem !== null)
    assert.match(broken.problem, /folded\.py/)
    assert.deepEqual([broken.version, broken.checksum], [1, good.checksum])
    assert.equal(await valueOf('folded'), 'good')

    put('folded', greeting('mended'))
    const mended = await plugin('folded', ({ version }) => version === 2)
    assert.equal(mended.problem, null)
    assert.equal(await valueOf('folded'), 'mended')
  })

  it('is still there after its file was removed, and after a restart of the server', async () => {
    put('kept', greeting('kept'))
    await plugin('kept', ({ version }) => version === 1)
    renameSync(join(octopus.pluginsFolder, 'kept.py'), join(octopus.folder, 'kept.py'))
    await octopus.server.stop()
    await octopus.startAgain()
    await octopus.online(2)
    assert.equal(await valueOf('kept'), 'kept')
    assert.equal(await valueOf('folded'), 'mended')
  })

  function put(name: string, source: string): void {
    const aside = join(octopus.folder, `${name}.py`)
    writeFileSync(aside, source)
    renameSync(aside, join(octopus.pluginsFolder, `${name}.py`))
  }
})
