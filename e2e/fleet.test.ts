import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { Octopus } from './harness/octopus.ts'

const CLIENTS = 50
/** The promise is 2 s on a machine at rest; fifty clients on two busy cores may need a few times as long. */
const UPDATE_MS = 2_000
const BUSY_FACTOR = 5

const version = (n: number): string => `import time

def run(hold_ms=0):
    time.sleep(hold_ms / 1000)
    return "version ${n}"
`

describe('a fleet of fifty clients', () => {
  let octopus: Octopus

  before(async () => {
    octopus = await Octopus.start()
    await octopus.publishSample('probe')
    const names = Array.from({ length: CLIENTS }, (_, n) => `pc-${String(n + 1).padStart(2, '0')}`)
    await octopus.startClients(names, ['--slots', '1'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  it('runs a task for all exactly once on each of them', async () => {
    const truth = octopus.truth('all')
    const wish = { plugin: 'probe', owner: 'all', kwargs: { ground_truth: truth.path } }
    const executions = await octopus.run(wish, 120_000)
    assert.equal(executions.length, CLIENTS)
    assert.deepEqual(new Set(executions.map(({ state }) => state)), new Set(['succeeded']))
    assert.equal(new Set(executions.map(({ client }) => client.id)).size, CLIENTS)
    const starts = truth.starts()
    assert.equal(starts.length, CLIENTS)
    assert.deepEqual(new Set(starts.map(({ execution }) => execution)), new Set(executions.map(({ id }) => id)))
    assert.equal(truth.ends().length, CLIENTS)
  })

  it('has a changed plugin on all of them, and used, within seconds, while what runs ends on the old version', async (t) => {
    const everywhere = async (checksum: string): Promise<number> => {
      await octopus.api.eventually('plugins,plugin:rolling,clients', async () => {
        const sync = await octopus.api.get('/plugins/rolling/sync')
        return sync.checksum === checksum && sync.have === CLIENTS
      })
      return performance.now()
    }
    const published = (n: number): Promise<string> =>
      octopus.api.eventually('plugins', async () => {
        const found = (await octopus.api.all('/plugins')).find(({ name }) => name === 'rolling')
        return found?.version === n && found.checksum
      })
    put(octopus, 'rolling.py', version(1))
    await everywhere(await published(1))
    const old = await octopus.task({ plugin: 'rolling', kwargs: { hold_ms: 8_000 } })
    await octopus.inState(old.id, ['running'])

    const changedAt = put(octopus, 'rolling.py', version(2))
    const checksum = await published(2)
    const publishedMs = performance.now() - changedAt
    const nextTask = octopus.run({ plugin: 'rolling' }).then((executions) => ({ executions, at: performance.now() }))
    const syncedMs = (await everywhere(checksum)) - changedAt
    const next = await nextTask
    const usedMs = next.at - changedAt
    const figures = { published: publishedMs, onAllClients: syncedMs, usedByTheNextExecution: usedMs }
    const rounded = Object.entries(figures).map(([name, ms]) => `${name} ${Math.round(ms)} ms`)
    t.diagnostic(rounded.join(', '))
    console.log('after the change of a plugin file:', rounded.join(', '))

    assert.equal(next.executions[0].result.value, 'version 2')
    assert.equal(next.executions[0].plugin.checksum, checksum)
    const stillRunning = await octopus.inState(old.id, ['running', 'succeeded'])
    assert.equal(stillRunning.state, 'running', 'the old execution has ended before the change was everywhere')
    assert.ok(syncedMs < UPDATE_MS * BUSY_FACTOR, `on all clients after ${syncedMs} ms`)
    assert.ok(usedMs < UPDATE_MS * BUSY_FACTOR, `used after ${usedMs} ms`)
    await octopus.completed(old.id)
    const [ended] = await octopus.executionsOf(old.id)
    assert.equal(ended.result.value, 'version 1')
    assert.equal(ended.plugin.version, 1)
  })
})

/** As a good editor writes: aside, then renamed. Answers when. */
function put(octopus: Octopus, name: string, source: string): number {
  const aside = join(octopus.folder, name)
  writeFileSync(aside, source)
  renameSync(aside, join(octopus.pluginsFolder, name))
  return performance.now()
}
