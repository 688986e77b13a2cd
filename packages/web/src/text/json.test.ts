import assert from 'node:assert/strict'
import { test } from 'node:test'

import { jsonKind, jsonLine, jsonSummary } from './json.ts'

test('every JSON value has its kind', () => {
  assert.deepEqual([null, 'a', 1, true, [], {}].map(jsonKind), [
    'null',
    'string',
    'number',
    'boolean',
    'list',
    'object',
  ])
})

test('a folded node says what is inside', () => {
  assert.equal(jsonSummary([1]), '1 item')
  assert.equal(jsonSummary([1, 2]), '2 items')
  assert.equal(jsonSummary({ a: 1, b: 2, c: 3, d: 4, e: 5 }), '{a, b, c, d, …}')
})

test('a line is cut where it gets too long', () => {
  assert.equal(jsonLine({ a: 1 }, 20), '{"a":1}')
  assert.equal(jsonLine('x'.repeat(50), 10), `"${'x'.repeat(8)}…`)
})
