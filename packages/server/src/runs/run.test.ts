import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Counts } from '@octopus/protocol/rest/tasks.ts'

import { noCounts, runOutcome } from './run.ts'

const table: readonly (readonly [string, Partial<Counts>, boolean, string])[] = [
  ['nobody executed anything', { skipped: 2 }, false, 'skipped'],
  ['an empty audience', {}, false, 'skipped'],
  ['all succeeded', { succeeded: 3, skipped: 1 }, false, 'succeeded'],
  ['all succeeded in spite of a cancel', { succeeded: 3 }, true, 'succeeded'],
  ['a cancel came in between', { succeeded: 2, cancelled: 1 }, true, 'cancelled'],
  ['each was cancelled by itself', { cancelled: 2 }, false, 'cancelled'],
  ['some failed', { succeeded: 2, failed: 1 }, false, 'partly-failed'],
  ['none succeeded', { failed: 1, lost: 1, expired: 1 }, false, 'failed'],
  ['all expired', { expired: 2 }, false, 'expired'],
]

describe("a run's outcome", () => {
  for (const [title, given, cancelRequested, outcome] of table) {
    it(`${title}: ${outcome}`, () => {
      const total = Object.values(given).reduce((sum, count) => sum + count, 0)
      assert.equal(runOutcome({ ...noCounts(), ...given, total }, cancelRequested), outcome)
    })
  }
})
