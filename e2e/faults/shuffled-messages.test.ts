import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createSeededRandom } from '@octopus/kit/random.ts'

import { counted, COUNTER_SOURCE } from '#e2e/harness/counter-plugin.ts'
import { DatabaseCopy } from '#e2e/harness/database.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { Shuffler } from '#e2e/harness/shuffler.ts'

const SEED = Number(process.env['SEED'] ?? 20261129)
/** Of each message: a quarter comes twice, a quarter after the next one. */
const CHANCE = 0.25
const TASKS = 60
const LINES = 300
/** Travels in pieces. */
const LONG_ANSWER_BYTES = 200_000

describe(`messages that come twice, or after the next one, seed ${SEED}`, () => {
  let octopus: Octopus
  let truth: GroundTruth
  let shuffler: Shuffler

  before(async () => {
    octopus = await Octopus.start()
    truth = octopus.truth('shuffled')
    shuffler = await Shuffler.open(octopus.port, createSeededRandom(SEED), CHANCE)
    await octopus.publish('counter', COUNTER_SOURCE)
    await octopus.startClients(['one', 'two'], ['--heartbeat-interval', '1', '--slots', '4', ...shuffler.flags])
  })
  after(async () => {
    await octopus[Symbol.asyncDispose]()
    await shuffler[Symbol.asyncDispose]()
  })

  it('change no end: each task succeeds from one start, with all its output, and long answers arrive whole', async (t) => {
    const wishes = Array.from({ length: TASKS }, (_, n) => ({
      lines: LINES,
      ground_truth: truth.path,
      answer_bytes: n % 6 === 0 ? LONG_ANSWER_BYTES : 10,
    }))
    const tasks = await Promise.all(wishes.map((kwargs) => octopus.task({ plugin: 'counter', kwargs })))
    for (const [n, { id }] of tasks.entries()) {
      await octopus.completed(id)
      const [execution] = await octopus.executionsOf(id)
      assert.deepEqual([execution.state, execution.attempt, execution.lateResults], ['succeeded', 1, []])
      assert.equal(execution.result.value.length, wishes[n]?.answer_bytes)
      const whole = async (): Promise<boolean> => (await octopus.outputOf(execution.id)) === counted(LINES)
      await octopus.api.eventually(`execution:${execution.id}`, whole)
    }
    const { passed, twice, swapped } = shuffler.mischief
    t.diagnostic(`of ${passed} messages ${twice} came twice, ${swapped} after their successor`)
    assert.ok(twice > 50 && swapped > 50, 'too little came twice or late to show anything')
    assert.equal(truth.starts().length, TASKS)
    assert.deepEqual(truth.startedTwice(), [])
  })

  it('do not let a cancel be forgotten, or one that is over run on', async () => {
    const kwargs = { lines: 100_000, pause_ms: 10, ground_truth: truth.path }
    const tasks = await Promise.all(Array.from({ length: 8 }, () => octopus.task({ plugin: 'counter', kwargs })))
    const running = await Promise.all(tasks.map(({ id }) => octopus.inState(id, ['running'])))
    for (const { id } of running) await octopus.api.post(`/executions/${id}/cancel`)
    for (const { id } of tasks) {
      const { outcome } = await octopus.completed(id)
      assert.equal(outcome, 'cancelled')
    }
    await octopus.server.stop()
    using copy = new DatabaseCopy(octopus.serverFolder)
    copy.assertSound()
    assert.deepEqual(truth.startedTwice(), [])
  })
})
