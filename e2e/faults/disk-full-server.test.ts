import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { ApiError } from '#e2e/harness/api.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { readyIs } from '#e2e/harness/ready.ts'
import { needsMounts, SmallDisk } from '#e2e/harness/small-disk.ts'

const DISK_BYTES = 48 * 1_048_576
/** A result of this size fits into one message, and a few of them do not fit onto a full disk. */
const RESULT_BYTES = 400_000
const RESULTS = 12

describe('a server whose disk is full', { skip: needsMounts() }, () => {
  let octopus: Octopus
  let disk: SmallDisk
  let truth: GroundTruth

  before(async () => {
    octopus = await Octopus.start()
    truth = octopus.truth('full')
    await octopus.publishSample('probe')
    await octopus.publish('big', BIG)
    await octopus.startClients(['one'], ['--slots', String(RESULTS), '--heartbeat-interval', '1'])
    await octopus.server.stop()
    disk = await SmallDisk.over(octopus.serverFolder, DISK_BYTES)
    octopus.around = { prefix: disk.prefix }
    await octopus.startAgain()
    await octopus.presence('one', 'online')
  })
  after(async () => {
    using gone = disk
    gone.free()
    await octopus.server.stop()
    gone.copyOut()
    await octopus[Symbol.asyncDispose]()
  })

  it('acknowledges nothing that it could not write, says that it is not ready, and goes on when there is room', async (t) => {
    const go = join(octopus.folder, 'go')
    writeFileSync(go, '')
    const kwargs = { ground_truth: truth.path, go, size: RESULT_BYTES }
    const tasks = await Promise.all(Array.from({ length: RESULTS }, () => octopus.task({ plugin: 'big', kwargs })))
    await truth.eventually((lines) => lines.filter(({ event }) => event === 'start').length === RESULTS)
    disk.fill()
    await octopus.server.line(/"event":"disk-full"/)
    const from = octopus.server.lines.length
    writeFileSync(go, 'go')
    await octopus.server.line(/"event":"store outage"|STORE_UNAVAILABLE/, from)

    const refused = await octopus.task({ plugin: 'probe' }).catch((error: unknown) => error)
    assert.ok(refused instanceof ApiError)
    assert.deepEqual([refused.status, refused.code], [507, 'DISK_FULL'])
    assert.match(refused.message, /MiB left/)
    await readyIs(octopus.url, 503)
    assert.equal((await fetch(`${octopus.url}/healthz`)).status, 200)
    const stored = (await octopus.api.all('/executions?state=succeeded')).length
    assert.ok(stored < RESULTS, 'everything fitted: the disk was not full')
    t.diagnostic(`${stored} of ${RESULTS} results were stored before nothing fitted any more`)

    const full = octopus.server.lines.length
    disk.free()
    await octopus.server.line(/"event":"disk-has-room"/, full)
    for (const { id } of tasks) {
      await octopus.completed(id)
      const [execution] = await octopus.executionsOf(id)
      assert.equal(execution.state, 'succeeded')
      assert.equal(execution.lateResults.length, 0)
      assert.equal(execution.result.value.length, RESULT_BYTES)
    }
    assert.deepEqual(truth.startedTwice(), [])
    await readyIs(octopus.url, 200)
    assert.equal((await octopus.run({ plugin: 'probe' }))[0].state, 'succeeded')
    assert.ok(octopus.server.isAlive, 'it was never started again')
  })

  it('that is killed does not start while nothing fits, says what to do, and has everything when there is room', async () => {
    const before = await octopus.task({ plugin: 'probe', kwargs: { run_for_ms: 3_000, ground_truth: truth.path } })
    const { id } = await octopus.inState(before.id, ['running'])
    disk.fill()
    await octopus.server.die()
    await assert.rejects(octopus.startAgain())
    assert.equal((await octopus.server.exited).code, 1)
    const said = octopus.server.complaints
    assert.equal(said.length, 1)
    assert.match(said[0] as string, /^octopus server: There is no room to open .*octopus\.db\. .*Make room on its disk/)
    disk.free()
    await octopus.startAgain()
    assert.equal((await octopus.inState(before.id, ['succeeded', 'failed', 'lost'])).state, 'succeeded')
    assert.equal(truth.starts().filter(({ execution }) => execution === id).length, 1)
    await readyIs(octopus.url, 200)
  })
})

/** Starts, waits until the gate's file has a line, and returns so many characters. */
const BIG = `
import os, time, json
def run(ground_truth=None, go=None, size=0):
    record(ground_truth, "start")
    while os.path.getsize(go) == 0:
        time.sleep(0.02)
    record(ground_truth, "end")
    return "x" * size

def record(path, event):
    line = {"event": event, "execution": os.environ["OCTOPUS_EXECUTION"], "attempt": int(os.environ["OCTOPUS_ATTEMPT_NUMBER"]), "fence": int(os.environ["OCTOPUS_FENCE"]), "pid": os.getpid(), "at": int(time.time() * 1000)}
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, (json.dumps(line) + "\\n").encode("ascii"))
    os.fsync(descriptor)
    os.close(descriptor)
`
