import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { FixedScenario } from '#e2e/harness/fixed-scenario.ts'
import { clientDiesAt, serverDiesAt, syncsOfJournal, syncsOfStore } from '#e2e/harness/kill-at-call.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { withoutStrace } from '#e2e/harness/strace.ts'

// A few of the calls at which `long/kill-at-fsync.test.ts` kills: in the start, and in full work.

describe('a kill at an fsync', { skip: withoutStrace() }, () => {
  let octopus: Octopus
  let scenario: FixedScenario
  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    scenario = await FixedScenario.prepare(octopus)
  })
  after(() => octopus[Symbol.asyncDispose]())

  for (const k of [2, 23]) {
    it(`of the server's store, the ${k}th, loses nothing that was acknowledged and starts nothing twice`, async () => {
      assert.ok(await serverDiesAt(scenario, syncsOfStore(octopus.serverFolder), k), 'it was not killed')
    })
  }

  // The start of the client, and the start and the end of what is for all: more than these it may not have, by chance.
  for (const k of [2, 3]) {
    it(`of a client's journal, the ${k}th, leaves one result for each start`, async () => {
      const deadly = syncsOfJournal(octopus.stateFolder('one'))
      assert.ok(await clientDiesAt(scenario, 'one', deadly, k), 'it was not killed')
    })
  }
})
