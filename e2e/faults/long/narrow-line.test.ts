import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createSeededRandom } from '@octopus/kit/random.ts'

import type { Json } from '#e2e/harness/api.ts'
import { counted, COUNTER_LINE_BYTES, COUNTER_SOURCE } from '#e2e/harness/counter-plugin.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Line } from '#e2e/harness/line.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

/** 64 kbit/s. */
const BYTES_PER_SECOND = 8_000
const LATENCY_MS = 500
const JITTER_MS = 250
const OUTPUT_BYTES = 262_144
const SLOTS = 4
const RESULT_BYTES = 1_000_000
/** What goes over the line, at its speed, with a third for what stands around it. */
const patience = (bytes: number): number => 60_000 + Math.ceil((bytes / BYTES_PER_SECOND) * 1_333)

describe('a line of 64 kbit/s with half a second of latency and jitter', () => {
  let octopus: Octopus
  let truth: GroundTruth
  let line: Line

  before(async () => {
    octopus = await Octopus.start()
    truth = octopus.truth('narrow')
    await octopus.publish('counter', COUNTER_SOURCE)
    line = await Line.open(octopus.port, createSeededRandom(1))
    for (const way of [line.toClient, line.toServer]) {
      Object.assign(way, { latencyMs: LATENCY_MS, jitterMs: JITTER_MS, bytesPerSecond: BYTES_PER_SECOND })
    }
    await octopus.startClients(['far'], [...line.flags, '--slots', String(SLOTS)])
  })
  after(async () => {
    await octopus[Symbol.asyncDispose]()
    await line[Symbol.asyncDispose]()
  })

  const task = (kwargs: object): Promise<Json> =>
    octopus.task({ plugin: 'counter', kwargs: { ground_truth: truth.path, ...kwargs } })

  it('carries the output of several executions at once without starving heartbeats', async (t) => {
    const lines = OUTPUT_BYTES / COUNTER_LINE_BYTES
    const beganAt = performance.now()
    const tasks = await Promise.all(Array.from({ length: SLOTS }, () => task({ lines: Math.floor(lines) })))
    for (const { id } of tasks) {
      await octopus.completed(id, patience(SLOTS * OUTPUT_BYTES))
      const [execution] = await octopus.executionsOf(id)
      assert.deepEqual([execution.state, execution.attempt], ['succeeded', 1])
      await octopus.api.eventually(
        `execution:${execution.id}`,
        async () => (await octopus.outputOf(execution.id)) === counted(Math.floor(lines)),
        patience(SLOTS * OUTPUT_BYTES),
      )
    }
    const tookMs = performance.now() - beganAt
    t.diagnostic(`${SLOTS} × ${OUTPUT_BYTES} bytes took ${Math.round(tookMs / 1_000)} s`)
    isNoFasterThanTheLine(SLOTS * OUTPUT_BYTES, tookMs)
    neverOutOfContact()
  })

  it('carries results as large as they may be, two at once', async (t) => {
    const beganAt = performance.now()
    const tasks = await Promise.all([task({ answer_bytes: RESULT_BYTES }), task({ answer_bytes: RESULT_BYTES })])
    for (const { id } of tasks) {
      await octopus.completed(id, patience(2 * RESULT_BYTES))
      const [execution] = await octopus.executionsOf(id)
      assert.deepEqual([execution.state, execution.attempt], ['succeeded', 1])
      assert.equal(execution.result.value.length, RESULT_BYTES)
    }
    const tookMs = performance.now() - beganAt
    t.diagnostic(`two of ${RESULT_BYTES} bytes took ${Math.round(tookMs / 1_000)} s`)
    isNoFasterThanTheLine(2 * RESULT_BYTES, tookMs)
    neverOutOfContact()
  })

  it('has started nothing twice', () => assert.deepEqual(truth.startedTwice(), []))

  /** Or it was no such line. */
  function isNoFasterThanTheLine(bytes: number, tookMs: number): void {
    assert.ok(tookMs >= (bytes / BYTES_PER_SECOND) * 1_000, `${bytes} bytes took only ${Math.round(tookMs)} ms`)
  }

  function neverOutOfContact(): void {
    const far = octopus.clients.get('far')?.lines ?? []
    assert.deepEqual(
      far.filter((text) => text.includes('session-ended')),
      [],
    )
    assert.deepEqual(
      octopus.server.lines.filter((text) => text.includes('session ended')),
      [],
    )
  }
})
