import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Crowd } from '#e2e/harness/crowd.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const HOLD_MS = 45_000
const CLIENTS = 50
/** Short, so that all were heard just before the server died. */
const HEARTBEAT_MS = 1_000
/** Clients begin to stop at hold − 15 s, and come back within two seconds when they have little time left. */
const OUTAGE_MS = HOLD_MS - 20_000
/** From its start until it listens, and something to spare on a machine that is busy. */
const STARTS_MS = 2_500
const BACK_MS_MAX = 30_000

describe('a server that is away until shortly before its clients have to stop', () => {
  let octopus: Octopus
  let crowd: Crowd
  let truth: GroundTruth

  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', String(HOLD_MS / 1_000)])
    await octopus.publish('hold_still', 'def run():\n    pass\n')
    truth = octopus.truth('outage')
    crowd = new Crowd()
    const token = await octopus.enrollmentToken(undefined, CLIENTS)
    const settings = { url: octopus.url, token, heartbeatMs: HEARTBEAT_MS, slots: 1, truthPath: truth.path }
    await crowd.join(settings, CLIENTS)
    await crowd.until('ready', CLIENTS)
  })
  after(async () => {
    await crowd[Symbol.asyncDispose]()
    await octopus[Symbol.asyncDispose]()
  })

  it('finds everything still running that stops without contact', async (t) => {
    const wish = { plugin: 'hold_still', onDisconnect: 'stop' }
    const tasks = await Promise.all(Array.from({ length: CLIENTS }, () => octopus.task({ ...wish, owner: 'anyone' })))
    await crowd.until('running', CLIENTS)
    const running = async (): Promise<boolean> => (await octopus.api.get('/stats')).executions.running === CLIENTS
    await octopus.api.eventually('stats,executions', running)

    await octopus.server.die()
    const diedAt = performance.now()
    await sleep(OUTAGE_MS - STARTS_MS)
    await octopus.startAgain()
    const outageMs = Math.round(performance.now() - diedAt)
    await crowd.until('ready', CLIENTS, { timeoutMs: BACK_MS_MAX })
    const { started, stopped } = await crowd.counts()
    assert.deepEqual({ started, stopped }, { started: CLIENTS, stopped: 0 })
    await octopus.api.eventually('stats,executions,clients', running)
    const backMs = Math.round(performance.now() - diedAt)
    t.diagnostic(`away for ${outageMs} ms, all back ${backMs} ms after it had died; a hold is ${HOLD_MS} ms`)

    await crowd.release()
    for (const { id } of tasks) assert.equal((await octopus.completed(id)).outcome, 'succeeded')
    assert.deepEqual(truth.startedTwice(), [])
    assert.equal(truth.starts().length, CLIENTS)
  })
})
