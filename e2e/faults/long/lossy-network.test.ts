import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { counted, COUNTER_SOURCE } from '#e2e/harness/counter-plugin.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Network, whyNoNetworks } from '#e2e/harness/network.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const LINES = 2_000
const TASKS = 20
/** At 30 % each way half of all exchanges have to be made again, after ever longer pauses. */
const PATIENCE_MS = 300_000

describe('a network that loses packets', { concurrency: true, skip: whyNoNetworks() }, () => {
  let network: Network
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    network = await Network.start()
    octopus = await Octopus.start(network.serverFlags, network.serverSide)
    truth = octopus.truth('lossy')
    await octopus.publish('counter', COUNTER_SOURCE)
  })
  after(async () => {
    network.healAll()
    await octopus[Symbol.asyncDispose]()
    await network[Symbol.asyncDispose]()
  })

  for (const percent of [5, 30]) {
    it(`works, slower: ${percent} of 100 in each direction, and nothing is lost, started twice or out of order`, async (t) => {
      const name = `loses-${percent}`
      await octopus.api.post('/users', { name: `${name}-user` })
      const token = await octopus.enrollmentToken(`${name}-user`)
      const client = octopus.startClient(name, token, ['--slots', '4'], await network.clientSide(name))
      await octopus.presence(name, 'online')
      network.lose(name, percent)
      const beganAt = performance.now()
      const wish = { plugin: 'counter', owner: 'user', user: `${name}-user` }
      const kwargs = { lines: LINES, ground_truth: truth.path }
      const tasks = await Promise.all(Array.from({ length: TASKS }, () => octopus.task({ ...wish, kwargs })))
      for (const { id } of tasks) {
        await octopus.completed(id, PATIENCE_MS)
        const [execution] = await octopus.executionsOf(id)
        assert.deepEqual([execution.state, execution.attempt, execution.lateResults], ['succeeded', 1, []])
        assert.equal(truth.starts().filter((line) => line.execution === execution.id).length, 1)
        const check = async (): Promise<boolean> => (await octopus.outputOf(execution.id)) === counted(LINES)
        await octopus.api.eventually(`execution:${execution.id}`, check, PATIENCE_MS)
      }
      const lost = network.lost(name)
      assert.ok(lost > 0, 'not a packet was lost')
      const ended = client.lines.filter((text) => text.includes('session-ended')).length
      t.diagnostic(
        `${TASKS} executions in ${Math.round((performance.now() - beganAt) / 1_000)} s, ${ended} sessions ended, ${lost} packets to the client lost`,
      )
    })
  }
})
