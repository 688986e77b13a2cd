import assert from 'node:assert/strict'
import { test } from 'node:test'

import { steadyRows } from './steady-rows.ts'

const keyOf = (row: { id: string }): string => row.id

test('rows keep their place and get their newest values; new rows wait', () => {
  const shown = [
    { id: 'a', n: 1 },
    { id: 'b', n: 1 },
  ]
  const fresh = [
    { id: 'c', n: 2 },
    { id: 'b', n: 2 },
    { id: 'a', n: 2 },
  ]
  assert.deepEqual(steadyRows(shown, fresh, keyOf), {
    rows: [
      { id: 'a', n: 2 },
      { id: 'b', n: 2 },
    ],
    heldBack: 1,
  })
})

test('a row that has gone stays until the list is let go', () => {
  assert.deepEqual(steadyRows([{ id: 'a' }], [], keyOf), { rows: [{ id: 'a' }], heldBack: 0 })
})
