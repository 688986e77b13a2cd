import assert from 'node:assert/strict'
import { test } from 'node:test'

import { oneOf, ownPath, textOf } from './search.ts'

test('only allowed words pass from the URL', () => {
  assert.equal(oneOf(['all', 'user'], 'all'), 'all')
  assert.equal(oneOf(['all', 'user'], 'constructor'), undefined)
  assert.equal(textOf(''), undefined)
  assert.equal(textOf(7), '7')
  assert.equal(textOf('abcdef', 3), 'abc')
})

test('after signing in nobody is sent to another site', () => {
  assert.equal(ownPath('/tasks?status=active'), '/tasks?status=active')
  for (const evil of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', 7]) {
    assert.equal(ownPath(evil), undefined)
  }
})
