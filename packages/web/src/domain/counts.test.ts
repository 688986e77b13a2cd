import assert from 'node:assert/strict'
import { test } from 'node:test'

import { countOf, headline, number, unfinished } from './counts.ts'

const none = {
  total: 0,
  queued: 0,
  assigned: 0,
  running: 0,
  disconnected: 0,
  succeeded: 0,
  failed: 0,
  'timed-out': 0,
  cancelled: 0,
  expired: 0,
  lost: 0,
  skipped: 0,
}

test('a headline says what is done and what is not, and leaves out what is zero', () => {
  assert.equal(
    headline({ ...none, total: 40, succeeded: 38, queued: 1, failed: 1 }),
    '38 of 40 done · 1 waiting · 1 failed',
  )
  assert.equal(headline({ ...none, total: 2, running: 1, assigned: 1 }), '0 of 2 done · 2 running')
  assert.equal(headline(none), 'Nobody to do it')
})

test('what has not ended is counted over all states before the end', () => {
  assert.equal(unfinished({ ...none, total: 9, queued: 1, assigned: 2, running: 3, disconnected: 1, failed: 2 }), 7)
})

test('large numbers are readable and words follow the number', () => {
  assert.equal(number(1_842), '1\u202f842')
  assert.equal(number(999), '999')
  assert.equal(countOf(1, 'client'), '1 client')
  assert.equal(countOf(2, 'reply', 'replies'), '2 replies')
})
