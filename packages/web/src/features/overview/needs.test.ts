import assert from 'node:assert/strict'
import { test } from 'node:test'

import { needWords } from './needs.ts'

test('what needs somebody is said with its number', () => {
  assert.equal(needWords({ kind: 'clients-vanished', count: 1 }), '1 client fell silent without a goodbye')
  assert.equal(needWords({ kind: 'clients-vanished', count: 12 }), '12 clients fell silent without a goodbye')
  assert.equal(needWords({ kind: 'tasks-expired', count: 2 }), '2 tasks expired: nobody did the last run in time')
  assert.equal(needWords({ kind: 'tasks-expired', count: 1_000 }).slice(0, 26), '1000 or more tasks expired')
  assert.equal(needWords({ kind: 'plugins-failing', count: 1 }), '1 plugin keeps failing')
})
