import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { EXECUTION_STATES } from '@octopus/protocol/work.ts'
import fc from 'fast-check'

import { endsAtLatest, graceEndsAt, type Patience, SERVER_GRACE_MS } from './end-time.ts'
import { isFinal } from './execution.ts'

const base: Patience = {
  state: 'queued',
  deadlineAt: 1_000,
  timeoutMs: 500,
  startedAt: null,
  disconnectedAt: null,
  endsWithHold: false,
  holdEndsAt: null,
}

const table: readonly (readonly [string, Partial<Patience>, number | null])[] = [
  ['a queued one ends at its deadline', {}, 1_000],
  ['an assigned one ends a timeout and a grace after the latest start', { state: 'assigned' }, 1_500 + SERVER_GRACE_MS],
  [
    'a running one ends a timeout and a grace after its start',
    { state: 'running', startedAt: 200 },
    700 + SERVER_GRACE_MS,
  ],
  [
    'one out of contact ends when it would have ended anyway',
    { state: 'disconnected', startedAt: 900, disconnectedAt: 950 },
    1_400 + SERVER_GRACE_MS,
  ],
  [
    'one out of contact that may still be started waits for its deadline',
    { state: 'disconnected', disconnectedAt: 100 },
    1_000 + SERVER_GRACE_MS,
  ],
  [
    'one that its client stops when it loses contact ends with the hold',
    { state: 'disconnected', disconnectedAt: 100, endsWithHold: true, holdEndsAt: 400 },
    400,
  ],
  ['a final one has no end to wait for', { state: 'lost' }, null],
]

describe('the time at which the server alone ends an execution', () => {
  for (const [title, given, expected] of table) {
    it(title, () => assert.equal(endsAtLatest({ ...base, ...given }), expected))
  }

  it('exists for every state that is not final', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...EXECUTION_STATES),
        fc.option(fc.nat()),
        fc.option(fc.nat()),
        fc.boolean(),
        (state, startedAt, disconnectedAt, endsWithHold) => {
          const end = endsAtLatest({ ...base, state, startedAt, disconnectedAt, endsWithHold })
          assert.equal(end === null, isFinal(state))
        },
      ),
    )
  })
})

describe('the minute of a client that has come back', () => {
  const minute = SERVER_GRACE_MS
  const cases: readonly (readonly [string, Partial<Parameters<typeof graceEndsAt>[0]>, number | null])[] = [
    ['is not needed while there is more time than that', { end: 1_000 + minute }, null],
    ['is given when less is left', { end: 999 + minute }, 1_000 + minute],
    ['is given when the time is over', { end: 1 }, 1_000 + minute],
    ['is not given a second time', { end: 1, given: 700 }, 700],
    [
      'is given again to one that the brake or a restart kept from being ended',
      { end: 1, given: 700, heldBack: true },
      1_000 + minute,
    ],
  ]
  for (const [title, facts, expected] of cases) {
    it(title, () => assert.equal(graceEndsAt({ end: 1, given: null, heldBack: false, now: 1_000, ...facts }), expected))
  }
})
