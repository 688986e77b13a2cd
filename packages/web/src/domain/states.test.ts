import assert from 'node:assert/strict'
import { test } from 'node:test'

import { clientLook, EXECUTION_LOOKS, executionLook, OUTCOME_LOOKS, outcomeLook, runLook, taskLook } from './states.ts'
import { causeWords, meaningOf, ownerWords } from './words.ts'

const counts = Object.fromEntries(Object.keys(EXECUTION_LOOKS).map((state) => [state, 0])) as never
/** A word of a newer server. */
const archived = 'archived' as never
const AS_IT_IS = { word: 'archived', tone: 'muted', icon: 'question' }

test('every state and outcome that is known has a look of its own', () => {
  for (const [state, look] of Object.entries(EXECUTION_LOOKS)) assert.equal(executionLook(state as never, false), look)
  for (const [outcome, look] of Object.entries(OUTCOME_LOOKS)) assert.equal(outcomeLook(outcome as never), look)
})

test('what somebody cancelled is cancelling until it has ended', () => {
  assert.equal(executionLook('running', true).word, 'cancelling')
  assert.equal(executionLook('disconnected', true).word, 'cancelling')
  assert.equal(executionLook('succeeded', true).word, 'succeeded')
  const run = { status: 'active', outcome: null, cancelRequestedAt: '2026-01-01T00:00:00Z', counts } as const
  assert.equal(runLook(run).word, 'cancelling')
  assert.equal(runLook({ ...run, status: 'completed', outcome: 'cancelled' }).word, 'cancelled')
})

test('a word that only a newer server knows is shown as it is', () => {
  const run = { status: 'completed', outcome: null, cancelRequestedAt: null, counts } as const
  const task = { status: 'completed', outcome: null, paused: false } as const
  const client = { status: 'approved', presence: 'online', draining: false } as const
  assert.deepEqual(
    [
      executionLook(archived, false),
      executionLook(archived, true),
      outcomeLook(archived),
      runLook({ ...run, outcome: archived }),
      runLook({ ...run, status: archived }),
      taskLook({ ...task, outcome: archived }),
      taskLook({ ...task, status: archived }),
      clientLook({ ...client, status: archived }),
      clientLook({ ...client, presence: archived }),
    ],
    Array.from({ length: 9 }, () => AS_IT_IS),
  )
  assert.equal(ownerWords({ owner: archived, user: null }), 'archived')
  assert.equal(causeWords({ kind: archived, by: null, of: null }), 'archived')
  assert.deepEqual(
    [meaningOf({ last: 'the last one' }, 'last'), meaningOf({ last: '' }, archived)],
    ['the last one', 'archived'],
  )
})
