import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { type EndedAttempt, nextAttempt, type RetryPolicy } from './retry.ts'

const policy: RetryPolicy = { maxAttempts: 3, backoffMs: 10, on: ['failed', 'lost'] }
const ended: EndedAttempt = {
  end: 'failed',
  reason: 'exception',
  attempt: 1,
  slotKind: 'any',
  cancelRequested: false,
  deadlineAt: 1_000,
}

const table: readonly (readonly [string, Partial<EndedAttempt>, Partial<RetryPolicy>, number | undefined])[] = [
  ['after a failure, when the pause is over', {}, {}, 110],
  ['at once, where no pause is wanted', {}, { backoffMs: 0 }, 100],
  ['after the last but one attempt', { attempt: 2 }, {}, 110],
  ['not after the last one', { attempt: 3 }, {}, undefined],
  ['not where one attempt is all', {}, { maxAttempts: 1 }, undefined],
  ['after a loss, where the task says that it does no harm', { end: 'lost', reason: 'hold-ended' }, {}, 110],
  ['not after an end that the task does not name', { end: 'timed-out', reason: 'timed-out' }, {}, undefined],
  ['not after success', { end: 'succeeded', reason: 'finished' }, {}, undefined],
  ['not after a cancel', { end: 'cancelled', reason: 'cancelled' }, {}, undefined],
  ['not when somebody has asked to cancel', { cancelRequested: true }, {}, undefined],
  ['not when it would begin past the deadline', { deadlineAt: 110 }, {}, undefined],
  ['not where the only PC cannot run it', { reason: 'runtime-missing', slotKind: 'client' }, {}, undefined],
  ['where this PC cannot run it and another may', { reason: 'runtime-missing' }, {}, 110],
]

describe('another attempt begins', () => {
  for (const [title, attempt, wants, at] of table) {
    it(title, () => assert.equal(nextAttempt({ ...policy, ...wants }, { ...ended, ...attempt }, 100), at))
  }
})
