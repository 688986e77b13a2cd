import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ClientId } from '@octopus/protocol/ids.ts'

import { executionWaiting, type WaitingExecution } from './waiting.ts'

const NOW = Date.UTC(2026, 10, 24, 8)
const LATER = NOW + 60_000

const second = (changes: Partial<WaitingExecution>): WaitingExecution => ({
  state: 'queued',
  slot: { kind: 'any' },
  onDisconnect: 'stop',
  attempt: 2,
  queuedAt: NOW - 5_000,
  lastEndedAt: NOW - 1_000,
  notBefore: LATER,
  avoided: [],
  disconnectedAt: null,
  cancelRequestedAt: null,
  unprovenClient: null,
  rejections: [],
  ...changes,
})
const codes = (changes: Partial<WaitingExecution>): readonly string[] =>
  executionWaiting(second(changes), { now: NOW, braked: false }).map(({ code }) => code)
const avoided = (until: number): WaitingExecution['avoided'] => [{ client: 'c1' as ClientId, until }]

describe('what a second attempt waits for', () => {
  it('is its own pause, also while a client is avoided that rejected the first one', () => {
    assert.deepEqual(codes({}), ['next-attempt'])
    assert.deepEqual(codes({ avoided: avoided(NOW + 20_000) }), ['next-attempt'])
  })

  it('is no pause of its own when a client has just rejected it in passing', () => {
    assert.deepEqual(codes({ avoided: avoided(LATER) }), [])
  })

  it('is nothing of the kind once the time has come', () => {
    assert.deepEqual(codes({ notBefore: NOW }), [])
  })
})
