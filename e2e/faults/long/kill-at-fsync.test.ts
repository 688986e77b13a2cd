import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { FixedScenario } from '#e2e/harness/fixed-scenario.ts'
import {
  clientDiesAt,
  type Deadly,
  serverDiesAt,
  syncsOfJournal,
  syncsOfStore,
  writesOfJournal,
  writesOfStore,
} from '#e2e/harness/kill-at-call.ts'
import { Octopus } from '#e2e/harness/octopus.ts'
import { withoutStrace } from '#e2e/harness/strace.ts'

/** Group commit makes the number of calls differ a little between rounds: so many rounds without a kill are the end. */
const QUIET_ROUNDS = 2
/** A scenario that never ends is a mistake of the test. */
const CALLS_MAX = 2_000
/** Of the writes of pages, every so many: there are some twenty to a commit. */
const PAGE_STEP = 37

describe('a kill at each call that makes something durable, in a fixed scenario', { skip: withoutStrace() }, () => {
  let octopus: Octopus
  let scenario: FixedScenario
  before(async () => {
    octopus = await Octopus.start(['--hold-seconds', '45'])
    scenario = await FixedScenario.prepare(octopus)
  })
  after(() => octopus[Symbol.asyncDispose]())

  const one = (): string => octopus.stateFolder('one')
  const server = (deadly: Deadly, k: number): Promise<boolean> => serverDiesAt(scenario, deadly, k)
  const client = (deadly: Deadly, k: number): Promise<boolean> => clientDiesAt(scenario, 'one', deadly, k)

  it("each fsync of the server's store loses nothing that was acknowledged and starts nothing twice", async (t) => {
    const kills = await killAtEach(1, (k) => server(syncsOfStore(octopus.serverFolder), k))
    t.diagnostic(`${kills} kills`)
    assert.ok(kills > 20)
  })

  it(`every ${PAGE_STEP}th write of a page by the server does not, either`, async (t) => {
    const kills = await killAtEach(PAGE_STEP, (k) => server(writesOfStore(octopus.serverFolder), k))
    t.diagnostic(`${kills} kills`)
    assert.ok(kills > 5)
  })

  it("each fsync of a client's journal leaves one result for each start, and none twice", async (t) => {
    const kills = await killAtEach(1, (k) => client(syncsOfJournal(one()), k))
    t.diagnostic(`${kills} kills`)
    assert.ok(kills > 5)
  })

  it("each write into a client's journal does, too", async (t) => {
    const kills = await killAtEach(1, (k) => client(writesOfJournal(one()), k))
    t.diagnostic(`${kills} kills`)
    assert.ok(kills > 5)
  })
})

/** Answers how many kills there were until there was nothing left to kill at. */
async function killAtEach(step: number, dieAt: (k: number) => Promise<boolean>): Promise<number> {
  let kills = 0
  for (let k = 1, quiet = 0; quiet < QUIET_ROUNDS; k += step) {
    assert.ok(k < CALLS_MAX, 'the scenario has no end')
    const died = await dieAt(k)
    kills += died ? 1 : 0
    quiet = died ? 0 : quiet + 1
  }
  return kills
}
