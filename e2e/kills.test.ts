import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { endsOf, KillStorm } from './harness/kill-storm.ts'

const SEED = Number(process.env['SEED'] ?? 20261123)
const KILLS = 50

describe(`50 kills at random, seed ${SEED}`, () => {
  let storm: KillStorm
  before(async () => {
    storm = await KillStorm.start(SEED)
  })
  after(() => storm[Symbol.asyncDispose]())

  it('lose no task that was acknowledged, and start nothing twice', async (t) => {
    const end = await storm.rage(KILLS)
    const servers = storm.victims.filter((victim) => victim === 'server').length
    t.diagnostic(
      `${servers} kills of the server, ${KILLS - servers} of clients, ${end.acknowledged.length} tasks taken`,
    )
    t.diagnostic(`settled ${end.settledMs} ms after the last restart; ${endsOf(end.executions)}`)
    assert.ok(end.acknowledged.length > KILLS, 'there was hardly any load')
    await storm.assertNothingLost(end)
  })

  it('leave a sound database with exactly one result for every attempt that was started', async () => {
    await storm.octopus.server.stop()
    storm.assertOneResultEach()
    await storm.octopus.startAgain()
  })
})
