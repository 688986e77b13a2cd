import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Invariants } from './invariants.ts'
import type { SimClient } from './sim-client.ts'
import { World } from './world.ts'

const SECOND = 1_000
const LANES = {
  'in both directions': { toServer: true, toClient: true },
  'on its way to the server': { toServer: true, toClient: false },
  'on its way to the client': { toServer: false, toClient: true },
}
/** The hold has ended on both sides after 128 s; somebody else has had the time to start by then. */
const CUT_OFF_MS = 150 * SECOND

describe('what is for anyone, and may be tried again when it is lost', () => {
  for (const [where, lanes] of Object.entries(LANES)) {
    it(`is stopped on a client that loses everything ${where}, before another starts it`, async () => {
      const world = await World.create(1, 2)
      const invariants = new Invariants(world)
      const stepUntil = async (isSo: () => boolean): Promise<void> => {
        for (let steps = 0; steps < 20_000 && !isSo(); steps++) {
          if (!(await world.step())) break
          invariants.check()
        }
        assert.ok(isSo(), 'it never came to that')
      }
      const holderOf = (name: string | undefined): SimClient => {
        const holder = world.clients.find((client) => client.name === name)
        assert.ok(holder)
        return holder
      }
      try {
        const retry = { maxAttempts: 2, backoffMs: 0, on: ['lost' as const] }
        void world.submit('anyone', 300 * SECOND, { retry })
        await stepUntil(() => world.truth.attempts.length === 1)
        const [first] = world.truth.attempts
        const holder = holderOf(first?.client)
        const cutAt = world.clock.monotonic()
        // The connections that it opens anew are cut off too.
        world.stall(holder, lanes)
        await stepUntil(() => world.truth.attempts.length === 2)
        const afterMs = world.clock.monotonic() - cutAt
        assert.ok(afterMs > 100 * SECOND && afterMs < CUT_OFF_MS, `the other one started it after ${afterMs} ms`)
        assert.notEqual(world.truth.attempts[1]?.client, first?.client)
        world.stall(holder, { toServer: false, toClient: false })
        await stepUntil(() => world.truth.alive().length === 0 && invariants.everyEndIsStored())
      } finally {
        world.close()
        await world.clock.settle()
      }
    })
  }
})
