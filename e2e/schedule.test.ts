import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Json } from './harness/api.ts'
import { Octopus } from './harness/octopus.ts'

const INTERVAL_SECONDS = 2
const RUNS = 30
const SPAN_MS = INTERVAL_SECONDS * RUNS * 1_000
/** The first due time: late enough that creating the task is over before it. */
const BEGIN_MS = 1_500
/** A due time has its run within this time on a machine at rest; others work here too. */
const LATE_MS_MAX = 2_000

/** One fleet per number of clients: a task that any of them may do must not run once per client. */
const FLEETS = [1, 3]

describe('a task every 2 seconds for 60 seconds', { concurrency: true }, () => {
  const fleets = new Map<number, Octopus>()

  before(async () => {
    for (const clients of FLEETS) {
      const octopus = await Octopus.start()
      fleets.set(clients, octopus)
      await octopus.publishSample('probe')
      await octopus.startClients(Array.from({ length: clients }, (_, n) => `pc-${n + 1}`))
    }
  })
  after(async () => {
    for (const octopus of fleets.values()) await octopus[Symbol.asyncDispose]()
  })

  for (const clients of FLEETS) {
    it(`runs exactly 30 times with ${clients} ${clients === 1 ? 'client' : 'clients'}, once for each due time`, async (t) => {
      const octopus = fleets.get(clients) as Octopus
      const truth = octopus.truth('schedule')
      const startAt = Date.now() + BEGIN_MS
      const task = await octopus.task({
        plugin: 'probe',
        kwargs: { ground_truth: truth.path },
        type: 'scheduled',
        intervalSeconds: INTERVAL_SECONDS,
        startAt: new Date(startAt).toISOString(),
        endAt: new Date(startAt + SPAN_MS).toISOString(),
      })
      const done = await octopus.completed(task.id, SPAN_MS + 60_000)
      const runs: Json[] = await octopus.api.all(`/tasks/${task.id}/runs`)
      const due = runs.map(({ dueAt }) => Date.parse(dueAt)).toSorted((a, b) => a - b)
      assert.deepEqual(
        due,
        Array.from({ length: RUNS }, (_, k) => startAt + k * INTERVAL_SECONDS * 1_000),
      )
      const late = runs.map((run) => Date.parse(run.createdAt) - Date.parse(run.dueAt))
      t.diagnostic(`runs were created ${Math.min(...late)} to ${Math.max(...late)} ms after their due time`)
      assert.ok(Math.min(...late) >= 0, 'a run was there before its time')
      assert.ok(Math.max(...late) < LATE_MS_MAX, `a run came ${Math.max(...late)} ms late`)
      assert.deepEqual(new Set(runs.map(({ outcome }) => outcome)), new Set(['succeeded']))

      const executions = await octopus.executionsOf(task.id)
      assert.equal(executions.length, RUNS)
      assert.equal(new Set(executions.map(({ run }) => run)).size, RUNS)
      assert.equal(done.counts.succeeded, RUNS)
      assert.equal(done.counts.total, RUNS)
      assert.equal(truth.starts().length, RUNS)
      assert.equal(truth.ends().length, RUNS)
      assert.deepEqual(truth.startedTwice(), [])
    })
  }
})
