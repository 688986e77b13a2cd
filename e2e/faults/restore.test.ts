import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Json } from '#e2e/harness/api.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const FINAL = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost']

describe('the store of yesterday, with clients that lived on', () => {
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

  it('is restored: what was not final is lost, nothing is caught up, nothing starts twice, fences jump', async (t) => {
    const done = await probe()
    const before = await octopus.inState(done.id, FINAL)
    const schedule = { type: 'scheduled', startAt: new Date().toISOString(), intervalSeconds: 1, catchUp: 'all' }
    const repeats = await probe({}, { ...schedule, overlap: 'allow' })
    const waits = await probe({}, { owner: 'user', user: 'admin' })
    const busy = await probe({ run_for_ms: 12_000 })
    const { id: running } = await octopus.inState(busy.id, ['running'])
    const file = join(octopus.folder, 'yesterday')
    await octopus.storeCommand('backup', file)
    const backedUpAt = Date.now()

    const afterwards = await probe()
    const forgotten = await octopus.inState(afterwards.id, FINAL)
    // Some of it is forgotten with the store: so much is there to be caught up.
    await octopus.api.eventually(`task:${repeats.id},executions`, async () => {
      const runs = await octopus.api.all(`/tasks/${repeats.id}/runs`)
      return runs.some(({ dueAt }) => Date.parse(dueAt) > backedUpAt)
    })
    await octopus.server.stop()
    const restoredAt = Date.now()
    await octopus.storeCommand('restore', file)
    await octopus.startAgain()
    await octopus.presence('one', 'online')

    assert.equal((await octopus.inState(done.id, FINAL)).result.value, before.result.value)
    await assert.rejects(octopus.api.get(`/executions/${forgotten.id}`), { status: 404 })
    for (const { id } of [waits, busy]) {
      const [execution] = await octopus.executionsOf(id)
      assert.deepEqual([execution.state, execution.reason], ['lost', 'restored'])
    }
    const late = await octopus.api.eventually(`execution:${running},executions,clients`, async () => {
      const found = await octopus.api.get(`/executions/${running}`)
      return found.lateResults.length > 0 && found
    })
    assert.equal(late.state, 'lost')

    const next = await octopus.inState((await probe()).id, FINAL)
    assert.equal(next.state, 'succeeded')
    const fences = new Map(truth.starts().map(({ execution, fence }) => [execution, fence]))
    const jump = (fences.get(next.id) as number) - (fences.get(forgotten.id) as number)
    assert.ok(jump > 2 ** 31, `the fence jumped by ${jump} only`)

    const due = (await octopus.api.all(`/tasks/${repeats.id}/runs`)).map(({ dueAt }) => Date.parse(dueAt))
    const caughtUp = due.filter((at) => at > backedUpAt && at < restoredAt)
    assert.ok(
      due.some((at) => at > restoredAt),
      'the schedule does not go on',
    )
    assert.deepEqual(caughtUp, [])
    assert.deepEqual(truth.startedTwice(), [])
    t.diagnostic(`the fence jumped by ${jump}; ${due.length} runs of the schedule, none of the time in between`)
    await octopus.api.post(`/tasks/${repeats.id}/end`)
  })
})
