import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { FenceSchema } from '@octopus/protocol/attempt.ts'
import { parser } from '@octopus/protocol/schema.ts'

import { fenceAfterRestore } from './fence-after-restore.ts'

const NOW = Date.UTC(2026, 10, 24)
const parse = parser(FenceSchema)

describe('the fence after a restore', () => {
  const cases: [what: string, seen: { now: number; backup: number; replaced: number }, above: number][] = [
    ['is above what the backup knows', { now: 0, backup: 7, replaced: 0 }, 7],
    ['is above what the replaced store knows', { now: 0, backup: 7, replaced: 2 ** 40 }, 2 ** 40],
    ['is above the floor of the clock', { now: NOW, backup: 7, replaced: 8 }, NOW * 1_024],
    ['is above the backup though the clock was set back', { now: -1, backup: 2 ** 52, replaced: 0 }, 2 ** 52],
  ]
  for (const [what, seen, above] of cases) {
    it(what, () => assert.equal(fenceAfterRestore(seen), above + 2 ** 32))
  }

  it('of the same backup a millisecond later is higher than a server can have come meanwhile', () => {
    const seen = { backup: 7, replaced: 0 }
    assert.equal(fenceAfterRestore({ ...seen, now: NOW + 1 }) - fenceAfterRestore({ ...seen, now: NOW }), 1_024)
  })

  it('stays one that a message may carry, after 100,000 restores in 2100 and with a clock that is far off', () => {
    for (const now of [Date.UTC(2100, 0), 8.64e15]) {
      let fence = 1
      for (let n = 0; n < 100_000; n++) fence = fenceAfterRestore({ now, backup: fence, replaced: fence })
      assert.ok(parse(fence).ok && Number.isSafeInteger(fence + 2 ** 32), String(fence))
    }
  })
})
