import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { blockLoop, INSPECTED } from '#e2e/harness/blocked-loop.ts'
import { FleetAtWork } from '#e2e/harness/fleet-at-work.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

const HOLD_MS = 60_000
const BLOCKED_MS = 30_000
const RUN_MS = 40_000
/** Longer than a client cut off may run what it must stop. */
const LONG_MS = 70_000
/** The second attempt, too, and what waits for the brake. */
const ENDED_MS = 180_000

describe('a server that stands still', () => {
  let octopus: Octopus
  let fleet: FleetAtWork
  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', String(HOLD_MS / 1_000)], INSPECTED)
    fleet = await FleetAtWork.gather(octopus)
  })
  after(() => octopus[Symbol.asyncDispose]())

  it('for 30 s in its event loop: loses nothing, stops nothing, and starts nothing twice', async () => {
    await fleet.begin(RUN_MS)
    await blockLoop(octopus.server, BLOCKED_MS)
    const { all, anyone } = await fleet.ended(ENDED_MS)
    assert.equal(all.length + anyone.length, 10)
    for (const { state, attempt, lateResults } of [...all, ...anyone]) {
      assert.deepEqual([state, attempt, lateResults], ['succeeded', 1, []])
    }
    fleet.assertStarts(1)
  })

  it('for twice the hold: concludes nothing from it; what clients had to stop is said by them, and tried again', async (t) => {
    await octopus.online(5)
    await fleet.begin(LONG_MS, { retry: { maxAttempts: 2, backoffSeconds: 0, on: ['lost'] } })
    octopus.server.kill('SIGSTOP')
    await sleep(2 * HOLD_MS)
    octopus.server.kill('SIGCONT')
    const brake = await octopus.api.eventually('stats,executions', async () => {
      const { reason, gone } = await octopus.api.get('/brake')
      return reason !== null && { reason, gone }
    })
    t.diagnostic(`brake: ${brake.reason}, ${brake.gone} clients`)
    const { all, anyone } = await fleet.ended(ENDED_MS)
    for (const { state, attempt } of all) assert.deepEqual([state, attempt], ['succeeded', 1], 'it may run on')
    for (const { state, attempt } of anyone)
      assert.deepEqual([state, attempt], ['succeeded', 2], 'it was stopped in time')
    fleet.assertStarts(2)
    const byTime = /hold-ended|out-of-contact/
    const why = await Promise.all(anyone.map(({ id }) => octopus.api.get(`/executions/${id}/why`)))
    assert.ok(!byTime.test(JSON.stringify(why)), 'something was lost by time alone')
  })
})
