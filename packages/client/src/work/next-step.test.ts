import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { nextStep, type View } from './next-step.ts'

const READY: View = {
  phase: 'held',
  wish: undefined,
  waitedMs: 0,
  startWithinMs: 60_000,
  olderLives: false,
  plugin: 'ready',
  hasSlot: true,
  slotFree: false,
  loaded: true,
  permitted: true,
}

const CASES: [string, Partial<View>, string][] = [
  ['is written into the journal before it starts', {}, 'journal'],
  ['starts when it is in the journal', { phase: 'starting' }, 'start'],
  [
    'never starts without the current session, even when the journal has it',
    { phase: 'starting', permitted: false },
    'wait',
  ],
  [
    'takes no slot and writes nothing while the client is offline',
    { permitted: false, hasSlot: false, slotFree: true },
    'wait',
  ],
  ['its bytes are read and verified before the journal', { loaded: false }, 'load'],
  ['a slot comes before the bytes', { loaded: false, hasSlot: false, slotFree: true }, 'take-slot'],
  ['waits for a slot', { hasSlot: false }, 'wait'],
  ['waits for its plugin', { plugin: 'fetching' }, 'wait'],
  ['waits a while for a manifest that may be one message behind', { plugin: 'unlisted', waitedMs: 29_000 }, 'wait'],
  [
    'what the manifest does not list is not started',
    { plugin: 'unlisted', waitedMs: 30_000 },
    'reject plugin-unverified',
  ],
  ['wrong bytes again and again are an answer', { plugin: 'unverified' }, 'reject plugin-unverified'],
  ['a plugin that cannot be fetched is an answer too, in passing', { plugin: 'failing' }, 'reject plugin-missing'],
  ['waits until the older attempt is gone', { olderLives: true }, 'wait'],
  ['too late is too late, in memory', { waitedMs: 60_000 }, 'reject too-late'],
  ['and in the journal', { phase: 'starting', waitedMs: 60_000 }, 'reject too-late'],
  ['a cancel wins over a start', { phase: 'starting', wish: { kind: 'end', reason: 'cancelled' } }, 'end cancelled'],
  [
    'a cancel is confirmed even when it is too late',
    { waitedMs: 1e9, wish: { kind: 'end', reason: 'cancelled' } },
    'end cancelled',
  ],
  ['a drained client sends it back', { wish: { kind: 'reject', reason: 'draining', detail: '' } }, 'reject draining'],
  ['what the server forgot goes without a word', { wish: { kind: 'drop' }, waitedMs: 1e9 }, 'drop'],
]

describe('the next step of an attempt that has not started', () => {
  for (const [sentence, view, expected] of CASES) {
    it(sentence, () => {
      const step = nextStep({ ...READY, ...view })
      assert.equal('reason' in step ? `${step.do} ${step.reason}` : step.do, expected)
    })
  }

  it('a wait ends when the start would be too late, or the manifest has had its time', () => {
    assert.deepEqual(nextStep({ ...READY, hasSlot: false, waitedMs: 10_000 }), { do: 'wait', atMost: 50_000 })
    assert.deepEqual(nextStep({ ...READY, plugin: 'unlisted', waitedMs: 10_000 }), { do: 'wait', atMost: 20_000 })
  })
})
