import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { Octopus } from '#e2e/harness/octopus.ts'
import { needsTracer, Tracer } from '#e2e/harness/tracer.ts'

const TASKS = 50

/** Power loss cannot be shown by killing: what was written is in the system's memory still. So fsyncs are looked at. */
describe('what must survive a power cut', { skip: needsTracer() }, () => {
  let octopus: Octopus
  before(async () => {
    octopus = await Octopus.start()
    await octopus.publishSample('probe')
    await octopus.startClients(['one'])
    await octopus.run({ plugin: 'probe' })
  })
  after(() => octopus[Symbol.asyncDispose]())

  it('is on the disk before the server acknowledges it: one fsync of its log for each commit', async (t) => {
    await octopus.clients.get('one')?.stop()
    const paths = [join(octopus.serverFolder, 'octopus.db-wal')]
    const calls = ['fsync', 'fdatasync']
    await using tracer = await Tracer.attach(octopus.server.pid, join(octopus.folder, 'trace'), { calls, paths })
    const startAt = '2100-01-01T00:00:00Z'
    for (let n = 1; n <= TASKS; n++) {
      await octopus.task({ plugin: 'probe', startAt })
      assert.ok(tracer.count('fsync') + tracer.count('fdatasync') >= n, `task ${n} was acknowledged before an fsync`)
    }
    t.diagnostic(`${tracer.count('fsync') + tracer.count('fdatasync')} fsyncs for ${TASKS} commits, one by one`)
  })

  it('is in the journal of a client before a plugin starts, and its end before anybody hears of it', async (t) => {
    const truth = octopus.truth('order')
    const client = octopus.startClient('one')
    await octopus.presence('one', 'online')
    const wish = { plugin: 'probe', kwargs: { ground_truth: truth.path } }
    await octopus.run(wish)
    const paths = [join(octopus.stateFolder('one'), 'journal')]
    const calls = ['write', 'fsync', 'fdatasync']
    await using tracer = await Tracer.attach(client.pid, join(octopus.folder, 'trace'), { calls, paths })
    for (let n = 0; n < 5; n++) {
      const [execution] = await octopus.run(wish)
      assert.equal(execution.state, 'succeeded')
      const heardAt = Date.now()
      const [startsAt, endsAt] = ['starting', 'ended'].map((kind) => syncedAt(tracer, execution.id, kind))
      const start = await truth.started(execution.id)
      assert.ok(startsAt && startsAt <= start.at + 1, `started at ${start.at}, in the journal at ${startsAt}`)
      assert.ok(endsAt && endsAt >= start.at && endsAt <= heardAt, `in the journal at ${endsAt}, known at ${heardAt}`)
      t.diagnostic(`on the disk ${Math.round(start.at - startsAt)} ms before its start`)
    }
  })
})

/** When the record of this kind for this execution was safely on the disk; undefined if it never was. */
function syncedAt(tracer: Tracer, execution: string, kind: string): number | undefined {
  const lines = tracer.lines()
  const written = lines.findIndex(
    (line) => line.includes('write(') && line.includes(`\\"${kind}\\"`) && line.includes(execution),
  )
  if (written < 0) return undefined
  const synced = lines.slice(written).find((line) => /sync(?:\(.*|.* resumed>.*)\) *= 0$/.test(line))
  return synced === undefined ? undefined : Number(synced.split(/ +/)[1]) * 1_000
}
