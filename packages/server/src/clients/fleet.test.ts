import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import type { ClientRecord } from './client-store.ts'
import { createFleet } from './fleet.ts'

describe('what is said of the fleet', () => {
  const cases: readonly (readonly [slots: number | null, limit: number | null, used: number, isFree: boolean])[] = [
    [2, null, 1, true],
    [2, null, 2, false],
    [4, 2, 1, true],
    [4, 2, 2, false],
    [2, 4, 2, false],
    [null, null, 0, false],
  ]
  for (const [slots, slotsLimit, used, isFree] of cases) {
    it(`a client that offers ${slots}, may have ${slotsLimit ?? 'any'} and has ${used} has ${isFree ? 'room' : 'no room'}`, async () => {
      const client = { id: 'c', slots, slotsLimit, runtimes: [], session: 's' } as unknown as ClientRecord
      const page = { items: [client], nextKey: null, total: { value: 1, exact: true } }
      const fleet = createFleet({
        store: { listClients: () => Promise.resolve(page) },
        presence: { contactOf: () => 'ready', slotsUsed: () => used },
        clock: createHandClock(),
      })
      assert.deepEqual(
        (await fleet()).members.map(({ hasFreeSlot }) => hasFreeSlot),
        [isFree],
      )
    })
  }
})
