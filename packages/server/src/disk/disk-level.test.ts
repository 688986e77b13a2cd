import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { diskLevel, type DiskLevel } from './disk-level.ts'

const MiB = 1_048_576
const LARGE = 1_000_000 * MiB
const SMALL = 1_000 * MiB

describe('what the room on the disk allows', () => {
  const cases: readonly [freeMiB: number, total: number, before: DiskLevel, now: DiskLevel][] = [
    [600, LARGE, 'roomy', 'roomy'],
    [500, LARGE, 'roomy', 'low'],
    [100, LARGE, 'roomy', 'full'],
    [100, LARGE, 'low', 'full'],
    [150, LARGE, 'full', 'full'],
    [170, LARGE, 'full', 'low'],
    [600, LARGE, 'low', 'low'],
    [650, LARGE, 'low', 'roomy'],
    [650, LARGE, 'full', 'roomy'],
    [60, SMALL, 'roomy', 'roomy'],
    [45, SMALL, 'roomy', 'low'],
    [20, SMALL, 'roomy', 'full'],
  ]
  for (const [free, total, before, now] of cases) {
    it(`with ${free} MiB of ${total / MiB} after "${before}" is "${now}"`, () => {
      assert.equal(diskLevel({ freeBytes: free * MiB, totalBytes: total }, before), now)
    })
  }
})
