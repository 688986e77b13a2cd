import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Json } from '#e2e/harness/api.ts'
import { Crowd } from '#e2e/harness/crowd.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { Pulse } from '#e2e/harness/pulse.ts'

const BACK_MS_MAX = 30_000
/** A person at the dashboard waits no longer than this while everybody comes back. */
const API_P99_MS_MAX = 1_000

/** Tests of what so many clients and their server do when all of them lose each other at once. */
export function describeStorm(count: number, heartbeatMs: number): void {
  describe(`${count} clients that all lose the server, or all vanish`, () => {
    let octopus: Octopus
    let truth: GroundTruth
    let crowd: Crowd
    let task: Json

    before(async () => {
      octopus = await Octopus.start(['--hold-seconds', '45'])
      await octopus.publish('hold_still', 'def run():\n    pass\n')
      truth = octopus.truth('storm')
      crowd = new Crowd()
      const token = await octopus.enrollmentToken(undefined, count)
      await crowd.join({ url: octopus.url, token, heartbeatMs, slots: 2, truthPath: truth.path }, count)
      await crowd.until('ready', count)
      task = await octopus.task({ plugin: 'hold_still', owner: 'all', onDisconnect: 'stop' })
      await crowd.until('running', count)
    })
    after(async () => {
      await crowd[Symbol.asyncDispose]()
      await octopus[Symbol.asyncDispose]()
    })

    it('are all back within 30 s of the restart of a killed server, and nothing was stopped, lost or started twice', async (t) => {
      await octopus.server.die()
      await crowd.until('ready', 0, { most: 0 })
      await octopus.startAgain()
      const at = performance.now()
      const pulse = new Pulse(octopus.api, () => octopus.server.pid)
      await crowd.until('ready', count, { timeoutMs: BACK_MS_MAX })
      const backMs = Math.round(performance.now() - at)
      const felt = await pulse.stop()
      t.diagnostic(`all ${count} back ${backMs} ms after the restart; ${JSON.stringify(felt)}`)
      await allRunAgain()
      assert.ok(felt.p99Ms < API_P99_MS_MAX, `a call of the API took ${felt.p99Ms} ms`)
      await brakeOff('server-started')
    })

    it('are not believed lost when they all vanish at once: the brake goes on, says so, and ends when they are back', async (t) => {
      await crowd.cut()
      await octopus.api.eventually('stats,executions', async () => {
        const { executions } = await octopus.api.get('/stats')
        return executions.disconnected === count
      })
      const brake = await octopus.api.get('/brake')
      assert.deepEqual([brake.on, brake.reason, brake.gone], [true, 'clients-vanished', count])
      await crowd.mend()
      const at = performance.now()
      await crowd.until('ready', count, { timeoutMs: BACK_MS_MAX })
      t.diagnostic(`all ${count} back ${Math.round(performance.now() - at)} ms after the network`)
      await allRunAgain()
      await brakeOff('clients-vanished')
    })

    it('end what they held, once each', async () => {
      await crowd.release()
      await octopus.completed(task.id)
      const done = await octopus.api.get(`/tasks/${task.id}`)
      assert.equal(done.outcome, 'succeeded')
      assert.equal(done.counts.succeeded, count)
      assert.equal(truth.starts().length, count)
      assert.equal(truth.ends().length, count)
      assert.deepEqual(truth.startedTwice(), [])
    })

    /** The server knows again that everything runs, and no client has stopped or started anything meanwhile. */
    async function allRunAgain(): Promise<void> {
      await octopus.api.eventually('stats,clients', async () => {
        const { executions, clients } = await octopus.api.get('/stats')
        return executions.running === count && clients.online === count
      })
      const counts = await crowd.counts()
      assert.deepEqual([counts.started, counts.stopped, counts.running], [count, 0, count])
    }

    /** It is over, and the audit trail says that it was, and why. */
    async function brakeOff(reason: string): Promise<void> {
      await octopus.api.eventually('stats', async () => !(await octopus.api.get('/brake')).on)
      const rows = await octopus.api.all('/audit?action=brake.end')
      const ended = rows.map(({ details }) => details)
      assert.ok(
        ended.some((details) => details.reason === reason && details.why === 'clients-back'),
        JSON.stringify(ended),
      )
    }
  })
}
