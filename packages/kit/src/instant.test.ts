import assert from 'node:assert/strict'
import { it } from 'node:test'

import { epochOf, isoOf, isoOrNull } from './instant.ts'

it('times are read with any offset and printed in UTC', () => {
  assert.equal(isoOf(epochOf('2026-12-01T02:00:00+02:00') ?? NaN), '2026-12-01T00:00:00.000Z')
  assert.equal(isoOrNull(null), null)
  assert.equal(epochOf('2026-12-01T00:00:00'), undefined)
  assert.equal(epochOf('soon'), undefined)
})
