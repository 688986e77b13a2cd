import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { sha256Hex } from '@octopus/kit/checksum.ts'

import type { Json } from '#e2e/harness/api.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const UPDATES = 100
const CLIENTS = ['one', 'two']

/** Says which version it is, at its start and at its end. */
const source = (version: number, waitMs = 0): string => `
import time
VERSION = ${version}
def run(wait_ms=${waitMs}):
    before = VERSION
    time.sleep(wait_ms / 1000.0)
    return [before, VERSION]
`

describe('a plugin that changes all the time', () => {
  let octopus: Octopus
  before(async () => {
    octopus = await Octopus.start()
    await octopus.startClients(CLIENTS, ['--slots', '4', '--heartbeat-interval', '1'])
    await octopus.publish('churn', source(0))
  })
  after(() => octopus[Symbol.asyncDispose]())

  const sourceOf = new Map<string, number>([[sha256Hex(source(0)), 0]])
  const cacheOf = (client: string): readonly string[] =>
    readdirSync(join(octopus.stateFolder(client), 'plugins')).filter((name) => /^[0-9a-f]{64}/.test(name))

  it(`${UPDATES} times in a minute: each execution runs the bytes that it is pinned to, and all end up with the last`, async (t) => {
    const tasks: string[] = []
    const long = await octopus.task({ plugin: 'churn', owner: 'all', kwargs: { wait_ms: 8_000 } })
    await octopus.inState(long.id, ['running'])
    const began = performance.now()
    for (let version = 1; version <= UPDATES; version++) {
      sourceOf.set(sha256Hex(source(version)), version)
      await octopus.publish('churn', source(version))
      // A task now and then, in the middle of it.
      if (version % 4 === 0) tasks.push((await octopus.task({ plugin: 'churn', owner: 'all' })).id)
    }
    const tookMs = Math.round(performance.now() - began)
    assert.ok(tookMs < 60_000, `it took ${tookMs} ms`)
    const executions: Json[] = []
    for (const id of [long.id, ...tasks]) {
      await octopus.completed(id)
      executions.push(...(await octopus.executionsOf(id)))
    }
    assert.ok(executions.length >= 2 * tasks.length)
    for (const { id, state, plugin, result } of executions) {
      assert.equal(state, 'succeeded', id)
      const version = sourceOf.get(plugin.checksum)
      assert.deepEqual(result.value, [version, version], `${id} ran other bytes than it names`)
    }
    const [first] = await octopus.executionsOf(long.id)
    assert.deepEqual(first.result.value, [0, 0], 'what ran kept its bytes')

    const last = sha256Hex(source(UPDATES))
    await octopus.api.eventually('plugins,plugin:churn,clients', async () => {
      const sync = await octopus.api.get('/plugins/churn/sync')
      return sync.checksum === last && sync.have === CLIENTS.length
    })
    const [newest] = await octopus.run({ plugin: 'churn' })
    assert.deepEqual(newest.result.value, [UPDATES, UPDATES])
    for (const client of CLIENTS) {
      await untilOnly(client, last)
      const bytes = readFileSync(join(octopus.stateFolder(client), 'plugins', last))
      assert.equal(sha256Hex(bytes), last)
    }
    t.diagnostic(`${UPDATES} updates in ${tookMs} ms, ${executions.length} executions in between`)
  })

  it('is not deleted while something of it runs; afterwards it is, and nothing of it can be started', async () => {
    const busy = await octopus.task({ plugin: 'churn', kwargs: { wait_ms: 3_000 } })
    await octopus.inState(busy.id, ['running'])
    await assert.rejects(octopus.api.delete('/plugins/churn'), { code: 'PLUGIN_IN_USE' })
    const ended = await octopus.inState(busy.id, ['succeeded', 'failed', 'lost'])
    assert.deepEqual(ended.result.value, [UPDATES, UPDATES])
    for (const { id, status } of await octopus.api.all('/tasks')) {
      assert.equal(status, 'completed')
      await octopus.api.delete(`/tasks/${id}`)
    }
    await octopus.api.delete('/plugins/churn')
    await assert.rejects(octopus.task({ plugin: 'churn' }), { code: 'PLUGIN_NOT_FOUND' })
    for (const client of CLIENTS) await untilOnly(client)
  })

  /** What the manifest does not list goes from the PC. */
  async function untilOnly(client: string, ...wanted: readonly string[]): Promise<void> {
    const end = performance.now() + 20_000
    while (cacheOf(client).join() !== wanted.join()) {
      if (performance.now() > end) assert.deepEqual(cacheOf(client), wanted)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
})
