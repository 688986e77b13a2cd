import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { Octopus } from '#e2e/harness/octopus.ts'
import { needsClocks, SetClock } from '#e2e/harness/set-clock.ts'

const HOUR_MS = 3_600_000
const TWO_DAYS_MS = 48 * HOUR_MS
/** The shortest that is allowed. */
const HOLD = ['--hold-seconds', '45']
const HEARTBEAT = ['--heartbeat-interval', '1']
const FINAL = ['succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost']

describe('a client whose wall clock is wrong', { skip: needsClocks() }, () => {
  let octopus: Octopus
  let clock: SetClock

  before(async () => {
    octopus = await Octopus.start(HOLD)
    clock = new SetClock(join(octopus.folder, 'client-clock'), TWO_DAYS_MS)
    await octopus.publishSample('probe')
    octopus.startClient('odd', await octopus.enrollmentToken(), HEARTBEAT, clock.around)
    await octopus.presence('odd', 'online')
  })
  after(() => octopus[Symbol.asyncDispose]())

  for (const [what, aheadMs] of [
    ['two days ahead', TWO_DAYS_MS],
    ['two days behind', -TWO_DAYS_MS],
  ] as const) {
    it(`by ${what} works as any other; its times are kept within what can be true, and the skew is named`, async (t) => {
      await octopus.clients.get('odd')?.stop()
      clock.set(aheadMs)
      octopus.startClient('odd', undefined, HEARTBEAT, clock.around)
      await octopus.presence('odd', 'online')
      const began = Date.now()
      const [execution] = await octopus.run({ plugin: 'probe', kwargs: { print_bytes: 200 } })
      assert.equal(execution.state, 'succeeded')
      for (const name of ['assignedAt', 'startedAt', 'endedAt']) {
        const at = Date.parse(execution[name])
        assert.ok(at >= began - 2_000 && at <= Date.now() + 2_000, `${name} is ${execution[name]}`)
      }
      const why = await octopus.api.get(`/executions/${execution.id}/why`)
      t.diagnostic(`the skew is named as ${why.clockSkewMs} ms`)
      assert.ok(Math.abs(why.clockSkewMs - aheadMs) < 10_000, `the skew is named as ${why.clockSkewMs}`)

      // Without output the heartbeat tells it, of which two come while this one runs.
      const [{ id }] = await octopus.run({ plugin: 'probe', kwargs: { run_for_ms: 2_500 } })
      const heard = await octopus.api.get(`/executions/${id}/why`)
      t.diagnostic(`by ${heard.clockSkewFrom} as ${heard.clockSkewMs} ms`)
      assert.equal(heard.clockSkewFrom, 'heartbeat')
      assert.ok(Math.abs(heard.clockSkewMs - aheadMs) < 5_000, `the skew is named as ${heard.clockSkewMs}`)
    })
  }

  it('that jumps back goes on with its work, its session and its times', async () => {
    const truth = octopus.truth('back')
    clock.set(0)
    const task = await octopus.task({ plugin: 'probe', kwargs: { run_for_ms: 4_000, ground_truth: truth.path } })
    const { id } = await octopus.inState(task.id, ['running'])
    const from = octopus.clients.get('odd')?.lines.length ?? 0
    clock.set(-TWO_DAYS_MS)
    const ended = await octopus.inState(task.id, FINAL)
    assert.equal(ended.state, 'succeeded')
    assert.ok(Date.parse(ended.endedAt) - Date.parse(ended.startedAt) < 30_000)
    assert.equal(truth.ends().filter(({ execution }) => execution === id).length, 1)
    const said = octopus.clients.get('odd')?.lines.slice(from).join('\n') ?? ''
    assert.doesNotMatch(said, /stopped-on-disconnect|silence/)
    clock.set(0)
  })

  it('that jumps ahead by more than hold, as after a sleep that the steady clock did not see, stops what others may get', async (t) => {
    const truth = octopus.truth('ahead')
    clock.set(0)
    const kwargs = { run_for_ms: 8_000, ground_truth: truth.path }
    const stops = await octopus.task({ plugin: 'probe', kwargs, onDisconnect: 'stop' })
    const goesOn = await octopus.task({ plugin: 'probe', kwargs, onDisconnect: 'continue' })
    const [stopped, continued] = await Promise.all(
      [stops, goesOn].map(async ({ id }) => (await octopus.inState(id, ['running'])).id as string),
    )
    await truth.started(stopped as string)
    await truth.started(continued as string)
    const said = octopus.clients.get('odd')?.lines ?? []
    const from = said.length
    assert.doesNotMatch(said.join('\n'), /stopped-on-disconnect/)
    const jumpedAt = performance.now()
    clock.set(HOUR_MS)
    await octopus.clients.get('odd')?.line(/stopped-on-disconnect/, from)
    const noticedMs = Math.round(performance.now() - jumpedAt)
    const first = await octopus.inState(stops.id, FINAL)
    const second = await octopus.inState(goesOn.id, FINAL)
    t.diagnostic(`stopped ${noticedMs} ms after the jump; then ${first.state}, the other one ${second.state}`)
    assert.ok(noticedMs < 5_000)
    assert.equal(first.state, 'lost')
    assert.equal(second.state, 'succeeded')
    const ends = truth.ends().map(({ execution }) => execution)
    assert.deepEqual(ends, [continued])
    assert.deepEqual(truth.startedTwice(), [])
    assert.equal((await octopus.run({ plugin: 'probe' }))[0].state, 'succeeded')
  })
})
