import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { createSeededRandom, pickIndex } from '@octopus/kit/random.ts'

import { ApiError, type Json } from '#e2e/harness/api.ts'
import { DatabaseCopy } from '#e2e/harness/database.ts'
import type { GroundTruth } from '#e2e/harness/ground-truth.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const SEED = Number(process.env['SEED'] ?? 20261124)
const CANCELS = 48
const EDITS = 40
/** So many at a time, as the clients have slots. */
const LANES = 8
const lanes = Array.from({ length: LANES }, (_, lane) => lane)
/** How the audit trail calls what is done to a task. */
const ACTIONS = { edit: 'task.changed', delete: 'task.deleted', pause: 'task.paused' } as const
const FINAL = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost']

interface Tried {
  readonly act: keyof typeof ACTIONS
  readonly id: string
  readonly dueAt: number
  readonly refused: boolean
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))

describe(`what comes at the same instant, seed ${SEED}`, () => {
  const random = createSeededRandom(SEED)
  let octopus: Octopus
  let truth: GroundTruth

  before(async () => {
    octopus = await Octopus.start()
    truth = octopus.truth('races')
    await octopus.publishSample('probe')
    await octopus.startClients(['one', 'two'], ['--slots', '4', '--heartbeat-interval', '1'])
    await octopus.run({ plugin: 'probe', owner: 'all' })
  })
  after(() => octopus[Symbol.asyncDispose]())

  it(`cancel and the end, ${CANCELS} times: one of them is the outcome, and it is what really happened`, async (t) => {
    const runForMs = 150
    const one = async (): Promise<Json> => {
      const kwargs = { ground_truth: truth.path, run_for_ms: runForMs }
      const { id } = await octopus.task({ plugin: 'probe', kwargs })
      const execution = await octopus.inState(id, ['queued', 'assigned', 'running', ...FINAL])
      const start = await truth.started(execution.id)
      await pause(start.at + runForMs - 130 + pickIndex(random, 160) - Date.now())
      await octopus.api.post(`/executions/${execution.id}/cancel`).catch((error: unknown) => {
        // It may have ended just before.
        assert.ok(error instanceof ApiError && error.status === 409, String(error))
      })
      return octopus.inState(id, FINAL)
    }
    const all: Json[] = []
    for (let n = 0; n < CANCELS; n += LANES) all.push(...(await Promise.all(lanes.map(() => one()))))
    const counts = [...Map.groupBy(all, ({ state }) => state as string)].map(([state, some]) => [state, some.length])
    t.diagnostic(JSON.stringify(counts))
    assert.deepEqual(
      new Set(all.map(({ state }) => state)),
      new Set(['cancelled', 'succeeded']),
      'only one side ever won',
    )
    const ended = new Set(truth.ends().map(({ execution }) => execution))
    for (const { id, state, lateResults } of all) {
      if (state === 'succeeded') assert.ok(ended.has(id), `${id} succeeded without an end`)
      assert.equal(lateResults.length, 0, `${id} has a second result`)
    }
    assert.deepEqual(truth.startedTwice(), [])
  })

  it(`an edit, a deletion or a pause and the due time, ${EDITS} times: who commits first has won, whole`, async (t) => {
    const leadMs = 700
    const acts = ['edit', 'delete', 'pause'] as const
    const one = async (n: number): Promise<Tried> => {
      const act = acts[n % acts.length] as (typeof acts)[number]
      const dueAt = Date.now() + leadMs
      const times = { type: 'scheduled', startAt: new Date(dueAt).toISOString(), intervalSeconds: 3_600 }
      const { id } = await octopus.task({ plugin: 'probe', kwargs: { value: 'before' }, ...times })
      await pause(dueAt - 15 + pickIndex(random, 30) - Date.now())
      const refused = await change(id, act).catch((error: unknown) => {
        // What is at work is not deleted: then the run has won.
        if (act === 'delete' && error instanceof ApiError && error.code === 'STILL_AT_WORK') return true
        throw error
      })
      return { act, id, dueAt, refused: refused === true }
    }
    const done: Tried[] = []
    for (let n = 0; n < EDITS; n += LANES) done.push(...(await Promise.all(lanes.map((lane) => one(n + lane)))))
    await octopus.server.stop()
    using copy = new DatabaseCopy(octopus.serverFolder)
    const tally = { run: 0, change: 0 }
    for (const { act, id, dueAt, refused } of done) {
      const runs = copy.rows('select id, due_at, created_at, kwargs_json from run where task_id = ?', id)
      const [audit] = copy.rows('select id from audit where subject = ? and action = ?', id, ACTIONS[act])
      assert.equal(audit === undefined, refused, `${act} of ${id}`)
      assert.ok(runs.length <= 1, `${id} has ${runs.length} runs`)
      const [run] = runs
      // Ids rise in the order of commits.
      const ranFirst = run !== undefined && (audit === undefined || String(run['id']) < String(audit['id']))
      tally[ranFirst ? 'run' : 'change'] += 1
      if (run === undefined) {
        assert.ok(!refused, `${id} was not deleted for the sake of nothing`)
        continue
      }
      assert.equal(run['due_at'], dueAt)
      assert.ok(Number(run['created_at']) >= dueAt, 'it ran before it was due')
      assert.ok(ranFirst || act === 'edit', `${id} ran after its ${act}`)
      assert.equal(run['kwargs_json'], JSON.stringify({ value: ranFirst ? 'before' : 'after' }), `${act} of ${id}`)
    }
    copy.assertSound()
    t.diagnostic(`the run came first ${tally.run} times, the change ${tally.change} times`)
    assert.ok(tally.run > 0 && tally.change > 0, 'only one side ever won')
    await octopus.startAgain()
  })

  async function change(id: string, act: keyof typeof ACTIONS): Promise<void> {
    if (act === 'pause') await octopus.api.post(`/tasks/${id}/pause`)
    else if (act === 'delete') await octopus.api.delete(`/tasks/${id}`)
    else {
      const url = `${octopus.url}/api/v1/tasks/${id}`
      const body = JSON.stringify({ kwargs: { value: 'after' } })
      const headers = {
        authorization: `Bearer ${octopus.api.token}`,
        'content-type': 'application/json',
        'if-match': '"1"',
      }
      const response = await fetch(url, { method: 'PATCH', headers, body })
      assert.equal(response.status, 200, await response.text())
    }
  }
})
