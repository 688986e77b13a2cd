import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Json } from '#e2e/harness/api.ts'
import { Crowd } from '#e2e/harness/crowd.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { Pulse, type PulseReport } from '#e2e/harness/pulse.ts'

/** The shortest that is allowed: it is waited for. */
const HOLD_SECONDS = 45
/** When a server without a brake would conclude something: 1.02 × hold + 5 s after it heard its clients last. */
const CONCLUDES_AFTER_MS = 1_020 * HOLD_SECONDS + 5_000
/** For what it would conclude then to be written, and to arrive. */
const CUT_MS = CONCLUDES_AFTER_MS + 3_000
const BACK_MS_MAX = 30_000
/** A person at the dashboard waits no longer than this while everybody comes back. */
const API_P99_MS_MAX = 1_000
/** Tasks that anyone may do and that stop without contact: as many with a retry after a loss, and without. */
const STOPPING_OF_EACH = 20
const STOPPING = 2 * STOPPING_OF_EACH
/** Clients that do not vanish, and would be given what the others are believed to have lost. */
const WITNESSES = 3

/** Tests of what so many clients and their server do when all of them lose each other at once. */
export function describeStorm(count: number, heartbeatMs: number): void {
  describe(`${count} clients that all lose the server, or all vanish`, () => {
    let octopus: Octopus
    let truth: GroundTruth
    let crowd: Crowd
    let witnesses: Crowd
    /** For all: its clients would stop it, or may go on with it, without contact. */
    let stopping: Json
    let goingOn: Json
    const lost: string[] = []
    const triedAgain: string[] = []

    before(async () => {
      octopus = await Octopus.start(['--hold-seconds', String(HOLD_SECONDS)])
      await octopus.publish('hold_still', 'def run():\n    pass\n')
      truth = octopus.truth('storm')
      crowd = new Crowd()
      witnesses = new Crowd()
      await join(crowd, count)
      stopping = await octopus.task({ plugin: 'hold_still', owner: 'all', onDisconnect: 'stop' })
      await crowd.until('running', count)
    })
    after(async () => {
      await crowd[Symbol.asyncDispose]()
      await witnesses[Symbol.asyncDispose]()
      await octopus[Symbol.asyncDispose]()
    })

    it('are all back within 30 s of the restart of a killed server, and nothing was stopped, lost or started twice', async (t) => {
      await octopus.server.die()
      await crowd.until('ready', 0, { most: 0 })
      await octopus.startAgain()
      const [backMs, felt] = await allBack()
      t.diagnostic(`all ${count} back ${backMs} ms after the restart; ${JSON.stringify(felt)}`)
      await allRun(count)
      const { started, stopped, running } = await crowd.counts()
      assert.deepEqual({ started, stopped, running }, { started: count, stopped: 0, running: count })
      await brakeOff('server-started')
      await crowd.release()
      await succeeded(stopping)
    })

    it('are not believed lost when they all vanish at once, for longer than the hold: the brake goes on, says so, and ends when they are back', async (t) => {
      goingOn = await octopus.task({ plugin: 'hold_still', owner: 'all', onDisconnect: 'continue' })
      await crowd.until('running', count)
      for (let n = 0; n < STOPPING_OF_EACH; n++) {
        const wish = { plugin: 'hold_still', owner: 'anyone', onDisconnect: 'stop' }
        lost.push((await octopus.task(wish)).id)
        const retry = { maxAttempts: 2, backoffSeconds: 0, on: ['lost'] }
        triedAgain.push((await octopus.task({ ...wish, retry })).id)
      }
      await crowd.until('running', count + STOPPING)
      await join(witnesses, WITNESSES)
      await allRun(count + STOPPING)
      await crowd.cut()
      const cutAt = performance.now()
      await octopus.api.eventually('stats,executions', async () => {
        const { executions } = await octopus.api.get('/stats')
        return executions.disconnected === count + STOPPING
      })
      await brakeIsOn()

      // Each client has stopped what somebody else may be given: before the end of the hold, which is what it ends for.
      await crowd.until('running', count, { most: count })
      assert.ok(performance.now() - cutAt < 1_000 * HOLD_SECONDS)
      // That nothing happens has no event: only the time in which it would have.
      await sleep(CUT_MS - (performance.now() - cutAt))
      await brakeIsOn()
      for (const task of [...lost, ...triedAgain]) {
        const { items } = await octopus.api.get(`/executions?task=${task}`)
        const [{ state, attempt }] = items
        assert.deepEqual(
          { state, attempt, executions: items.length },
          { state: 'disconnected', attempt: 1, executions: 1 },
        )
      }
      assert.equal((await witnesses.counts()).started, 0, 'another one was given what the vanished ones held')

      await crowd.mend()
      const [backMs, felt] = await allBack()
      t.diagnostic(`all ${count} back ${backMs} ms after the network; ${JSON.stringify(felt)}`)
      await allRun(count + STOPPING_OF_EACH)
      await brakeOff('clients-vanished')
    })

    it('end what they held, once each', async (t) => {
      await crowd.release()
      await witnesses.release()
      await succeeded(goingOn)
      for (const task of [...lost, ...triedAgain]) {
        await octopus.completed(task)
        const executions = await octopus.executionsOf(task)
        const [{ state, attempt, reason, attempts }] = executions
        assert.equal(executions.length, 1)
        const isLost = lost.includes(task)
        assert.deepEqual(
          { state, attempt },
          isLost ? { state: 'lost', attempt: 1 } : { state: 'succeeded', attempt: 2 },
        )
        const first = isLost ? { end: state, reason } : { end: attempts[0].end, reason: attempts[0].reason }
        // Its client says so; time alone would have called it `hold-ended`.
        assert.deepEqual(first, { end: 'lost', reason: 'stopped-on-disconnect' })
      }
      const starts = 2 * count + STOPPING + STOPPING_OF_EACH
      t.diagnostic(`${starts} starts; ${(await witnesses.counts()).started} at those that had not vanished`)
      assert.deepEqual([truth.starts().length, truth.ends().length], [starts, starts])
      assert.deepEqual(truth.startedTwice(), [])
    })

    async function join(some: Crowd, clients: number): Promise<void> {
      const token = await octopus.enrollmentToken(undefined, clients)
      await some.join({ url: octopus.url, token, heartbeatMs, slots: 2, truthPath: truth.path }, clients)
      await some.until('ready', clients)
    }

    /** All that vanished, or lost the server, have a session again; how long it took, and what a person felt meanwhile. */
    async function allBack(): Promise<readonly [ms: number, felt: PulseReport]> {
      const at = performance.now()
      const pulse = new Pulse(octopus.api, () => octopus.server.pid)
      await crowd.until('ready', count, { timeoutMs: BACK_MS_MAX })
      const backMs = Math.round(performance.now() - at)
      const felt = await pulse.stop()
      // The server listens: whoever is turned away now is turned away for the crowd.
      assert.equal(felt.failed, 0, `${felt.failed} calls of the API failed`)
      assert.ok(felt.p99Ms < API_P99_MS_MAX, `a call of the API took ${felt.p99Ms} ms`)
      return [backMs, felt]
    }

    /** The server hears everybody, and that so many executions run. */
    async function allRun(executionsThen: number): Promise<void> {
      await octopus.api.eventually('stats,clients,executions', async () => {
        const { executions, clients } = await octopus.api.get('/stats')
        return executions.running === executionsThen && clients.online >= count
      })
    }

    async function succeeded({ id }: Json): Promise<void> {
      await octopus.completed(id)
      const { outcome, counts } = await octopus.api.get(`/tasks/${id}`)
      assert.deepEqual([outcome, counts.succeeded, counts.total], ['succeeded', count, count])
    }

    async function brakeIsOn(): Promise<void> {
      const { on, reason, gone } = await octopus.api.get('/brake')
      assert.deepEqual({ on, reason, gone }, { on: true, reason: 'clients-vanished', gone: count })
      const begun = (await octopus.api.all('/audit?action=brake.on')).map(({ details }) => details.reason)
      assert.ok(begun.includes('clients-vanished'), `the audit trail has ${JSON.stringify(begun)}`)
    }

    /** It is over, and the audit trail says that it was, and why. */
    async function brakeOff(reason: string): Promise<void> {
      await octopus.api.eventually('stats', async () => !(await octopus.api.get('/brake')).on)
      const rows = await octopus.api.all('/audit?action=brake.end')
      const ended = rows.find(({ details }) => details.reason === reason)
      assert.equal(ended?.details.why, 'clients-back', JSON.stringify(rows))
    }
  })
}
