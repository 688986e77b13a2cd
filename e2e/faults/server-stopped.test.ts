import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { FleetAtWork } from '#e2e/harness/fleet-at-work.ts'
import { Octopus } from '#e2e/harness/octopus.ts'

/** Twice the presence of clients with a heartbeat each second: all of them take the server for gone. */
const STOPPED_MS = 6_000

describe('a server that is stopped for twice the presence of its clients, and goes on', () => {
  let octopus: Octopus
  let fleet: FleetAtWork
  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    fleet = await FleetAtWork.gather(octopus)
  })
  after(() => octopus[Symbol.asyncDispose]())

  it('loses nothing, stops nothing, and starts nothing twice', async () => {
    await fleet.begin(8_000)
    octopus.server.kill('SIGSTOP')
    await sleep(STOPPED_MS)
    octopus.server.kill('SIGCONT')
    const { all, anyone } = await fleet.ended()
    assert.equal(all.length + anyone.length, 10)
    for (const { state, attempt, lateResults } of [...all, ...anyone]) {
      assert.deepEqual([state, attempt, lateResults], ['succeeded', 1, []])
    }
    fleet.assertStarts(1)
    const [next] = await octopus.run({ plugin: 'probe' })
    assert.equal(next.state, 'succeeded')
  })
})
