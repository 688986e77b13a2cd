import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Json } from '#e2e/harness/api.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { needsClocks, SetClock } from '#e2e/harness/set-clock.ts'

const HOUR_MS = 3_600_000
const FINAL = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost']

describe('a server whose wall clock is set while it runs', { skip: needsClocks() }, () => {
  let octopus: Octopus
  let clock: SetClock
  let tasks: Record<'none' | 'last' | 'all', Json>

  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    await octopus.publishSample('probe')
    await octopus.startClients(['one'], ['--slots', '4', '--heartbeat-interval', '1'])
    await octopus.server.stop()
    clock = new SetClock(join(octopus.folder, 'server-clock'))
    octopus.around = clock.around
    await octopus.startAgain()
    await octopus.online(1)
  })
  after(() => octopus[Symbol.asyncDispose]())

  /** Every minute from the next second on. */
  const everyMinute = (catchUp: string): Promise<Json> => {
    const startAt = new Date(Date.now() + 1_500).toISOString()
    const times = { type: 'scheduled', startAt, intervalSeconds: 60, catchUp, overlap: 'allow' }
    return octopus.task({ plugin: 'probe', ...times })
  }
  const runsOf = async ({ id }: Json): Promise<readonly Json[]> => octopus.api.all(`/tasks/${id}/runs`)
  const occurrences = (runs: readonly Json[]): readonly string[] => runs.map(({ dueAt }) => dueAt as string)

  it('an hour ahead takes that for an outage: each task gets what its catchUp says, the rest is written down', async () => {
    const truth = octopus.truth('server-ahead')
    tasks = { none: await everyMinute('none'), last: await everyMinute('last'), all: await everyMinute('all') }
    for (const task of Object.values(tasks)) {
      await octopus.api.eventually(`task:${task.id},executions`, async () => (await runsOf(task)).length === 1)
    }
    const kwargs = { run_for_ms: 6_000, ground_truth: truth.path }
    const busy = await octopus.task({ plugin: 'probe', kwargs, timeoutSeconds: 60 })
    await octopus.inState(busy.id, ['running'])
    clock.set(HOUR_MS)
    const all = await octopus.api.eventually(`task:${tasks.all.id},executions`, async () => {
      const runs = await runsOf(tasks.all)
      return runs.length >= 61 && runs
    })
    assert.equal(new Set(occurrences(all)).size, all.length, 'an occurrence has two runs')
    assert.ok(all.length <= 62)
    assert.equal((await octopus.inState(busy.id, FINAL)).state, 'succeeded', 'what ran was not touched')
    assert.equal((await octopus.client('one')).presence, 'online')

    const none = await runsOf(tasks.none)
    const last = await runsOf(tasks.last)
    // A minute may have begun since.
    assert.ok(none.length >= 1 && none.length <= 2, `none: ${none.length}`)
    assert.ok(last.length >= 2 && last.length <= 3, `last: ${last.length}`)
    const missed = async ({ id }: Json): Promise<number> => (await octopus.api.get(`/tasks/${id}`)).missed.count
    assert.equal(await missed(tasks.none), 60)
    assert.equal(await missed(tasks.last), 59)
    assert.equal(await missed(tasks.all), 0)
  })

  it('an hour back makes no second run, and stands still until the times come that had none', async () => {
    const before = await Promise.all(Object.values(tasks).map(runsOf))
    const truth = octopus.truth('server-back')
    const kwargs = { run_for_ms: 3_000, ground_truth: truth.path }
    const busy = await octopus.task({ plugin: 'probe', kwargs, timeoutSeconds: 60 })
    await octopus.inState(busy.id, ['running'])
    clock.set(0)
    await octopus.server.line(/the wall clock was set/)
    assert.equal((await octopus.inState(busy.id, FINAL)).state, 'succeeded')
    assert.equal((await octopus.run({ plugin: 'probe' }))[0].state, 'succeeded')
    const after = await Promise.all(Object.values(tasks).map(runsOf))
    assert.deepEqual(after.map(occurrences), before.map(occurrences))
    for (const { id } of Object.values(tasks)) {
      const { nextRunAt } = await octopus.api.get(`/tasks/${id}`)
      assert.ok(Date.parse(nextRunAt) > Date.now() + HOUR_MS - 600_000, `the next run is due at ${nextRunAt}`)
    }
  })
})
