import assert from 'node:assert/strict'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Json } from '#e2e/harness/api.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const FINAL = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost']
const FILES = ['octopus.db', 'octopus.db-wal', 'output.db', 'output.db-wal']

describe('an old copy of the store, with clients that lived on', () => {
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    truth = octopus.truth('restore')
    await octopus.publishSample('probe')
    await octopus.startClients(['one'], ['--heartbeat-interval', '1', '--slots', '6'])
  })
  after(() => octopus[Symbol.asyncDispose]())

  const probe = (knobs: object = {}, more: object = {}): Promise<Json> =>
    octopus.task({ plugin: 'probe', owner: 'all', kwargs: { ground_truth: truth.path, ...knobs }, ...more })

  it('is put in place by hand: the first client that proves what it knows stops all hand-over, until it is restored', async () => {
    await octopus.server.stop()
    const aside = join(octopus.folder, 'aside')
    cpSync(octopus.serverFolder, aside, { recursive: true })
    await octopus.startAgain()
    await octopus.presence('one', 'online')
    const busy = await probe({ run_for_ms: 8_000 })
    const { id: running } = await octopus.inState(busy.id, ['running'])
    await octopus.server.stop()
    for (const name of FILES) {
      rmSync(join(octopus.serverFolder, name), { force: true })
      if (existsSync(join(aside, name))) cpSync(join(aside, name), join(octopus.serverFolder, name))
    }
    await octopus.startAgain()
    await octopus.server.line(/"event":"FUTURE_FENCE".*restore/)
    const stuck = await probe()
    const execution = await octopus.inState(stuck.id, ['queued', ...FINAL])
    assert.equal(execution.state, 'queued')
    assert.match(
      JSON.stringify(await octopus.api.get(`/executions/${execution.id}/why`)),
      /old-store.*a client knows of newer work/,
    )
    // Its result is of a time that this store does not know: it stays with the client, and harms nothing.
    await truth.eventually((lines) => lines.find((line) => line.event === 'end' && line.execution === running))
    await assert.rejects(octopus.api.get(`/executions/${running}`), { status: 404 })
    assert.deepEqual(
      truth.starts().filter((line) => line.execution === execution.id),
      [],
    )

    const file = join(octopus.folder, 'today')
    await octopus.storeCommand('backup', file)
    await octopus.server.stop()
    await octopus.storeCommand('restore', file)
    await octopus.startAgain()
    await octopus.presence('one', 'online')
    assert.equal((await octopus.inState((await probe()).id, FINAL)).state, 'succeeded')
    assert.deepEqual(truth.startedTwice(), [])
  })
})
