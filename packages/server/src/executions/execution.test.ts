import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ClientId } from '@octopus/protocol/ids.ts'
import { EXECUTION_STATES, FINAL_STATES } from '@octopus/protocol/work.ts'

import { type ExecutionEvent, type ExecutionState, isFinal, next, RULES } from './execution.ts'

const client = 'c' as ClientId
const states: Readonly<Record<string, ExecutionState>> = {
  queued: { state: 'queued' },
  assigned: { state: 'assigned', client, fence: 7 },
  running: { state: 'running', client, fence: 7 },
  disconnected: { state: 'disconnected', client, fence: 7 },
}
const events: readonly ExecutionEvent[] = [
  { on: 'handed-over', client, fence: 8 },
  { on: 'taken-back' },
  { on: 'started' },
  { on: 'contact-lost' },
  { on: 'still-held' },
  { on: 'still-running' },
  { on: 'ended', end: 'succeeded', reason: 'finished' },
  { on: 'tried-again' },
  { on: 'deadline-passed' },
  { on: 'overran' },
  { on: 'given-up', reason: 'out-of-contact' },
  { on: 'cancelled', reason: 'cancelled' },
  { on: 'restored' },
  { on: 'refused', reason: 'runtime-missing' },
]

/** Every state × every event: what is not listed changes nothing. */
const expected: Readonly<Record<string, string>> = {
  'queued handed-over': 'assigned',
  'queued deadline-passed': 'expired',
  'queued cancelled': 'cancelled',
  'queued restored': 'lost',
  'assigned taken-back': 'queued',
  'assigned tried-again': 'queued',
  'assigned started': 'running',
  'assigned contact-lost': 'disconnected',
  'assigned still-held': 'assigned',
  'assigned still-running': 'running',
  'assigned ended': 'succeeded',
  'assigned overran': 'timed-out',
  'assigned cancelled': 'cancelled',
  'assigned restored': 'lost',
  'assigned refused': 'failed',
  'running tried-again': 'queued',
  'running contact-lost': 'disconnected',
  'running still-running': 'running',
  'running ended': 'succeeded',
  'running overran': 'timed-out',
  'running restored': 'lost',
  'disconnected taken-back': 'queued',
  'disconnected tried-again': 'queued',
  'disconnected started': 'running',
  'disconnected still-held': 'assigned',
  'disconnected still-running': 'running',
  'disconnected ended': 'succeeded',
  'disconnected given-up': 'lost',
  'disconnected cancelled': 'cancelled',
  'disconnected restored': 'lost',
  'disconnected refused': 'failed',
}

describe('the life of an execution', () => {
  for (const name of EXECUTION_STATES) {
    const from = states[name] ?? ({ state: name, reason: 'before' } as ExecutionState)
    for (const event of events) {
      const to = expected[`${name} ${event.on}`]
      it(to ? `${name} becomes ${to} when ${event.on}` : `${name} stays as it is when ${event.on}`, () => {
        assert.equal(next(from, event)?.state, to)
      })
    }
  }

  it('never leaves a final state', () => {
    for (const state of FINAL_STATES) {
      assert.ok(isFinal(state))
      assert.deepEqual(RULES[state], {})
    }
  })

  it('carries client and fence along while the work is handed out', () => {
    const running = next(states['assigned'] as ExecutionState, { on: 'started' })
    assert.deepEqual(running, { state: 'running', client, fence: 7 })
    assert.deepEqual(next(running as ExecutionState, { on: 'contact-lost' }), {
      state: 'disconnected',
      client,
      fence: 7,
    })
  })

  it('takes the end of an earlier attempt when it is too late for another one', () => {
    const earlier = { end: 'timed-out', reason: 'server-limit' } as const
    const took = { state: 'timed-out', reason: 'server-limit' }
    assert.deepEqual(next({ state: 'queued' }, { on: 'deadline-passed', earlier }), took)
    const refused = { on: 'refused', reason: 'too-late', earlier } as const
    assert.deepEqual(next(states['assigned'] as ExecutionState, refused), took)
  })

  it('calls a client that came too late expired, not failed', () => {
    const late = next(states['assigned'] as ExecutionState, { on: 'refused', reason: 'too-late' })
    assert.deepEqual(late, { state: 'expired', reason: 'too-late' })
  })
})
