import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ExecutionId } from '@octopus/protocol/ids.ts'
import type { Overlap } from '@octopus/protocol/work.ts'

import { judgeOverlap, type OpenExecution, type Verdict } from './overlap.ts'

const open = (id: string, state: OpenExecution['state'], changes: Partial<OpenExecution> = {}): OpenExecution => ({
  id: id as ExecutionId,
  state,
  attempt: 1,
  queues: false,
  ...changes,
})
const running = open('running', 'running')
const waiting = open('waiting', 'queued')
const again = open('again', 'queued', { attempt: 2 })
const byHand = open('byHand', 'queued', { queues: true })
const goesOn = { waits: false, replaces: [], cancels: [] }

const table: readonly (readonly [string, Overlap | 'by hand', readonly OpenExecution[], object])[] = [
  ['goes on in a free slot', 'skip', [], goesOn],
  ['yields to what runs', 'skip', [running], { ...goesOn, yieldsTo: 'running' }],
  ['yields to what runs rather than to what waits', 'skip', [byHand, running], { ...goesOn, yieldsTo: 'running' }],
  ['yields to what waits', 'skip', [waiting], { ...goesOn, yieldsTo: 'waiting' }],
  ['yields to what a person ordered', 'skip', [byHand], { ...goesOn, yieldsTo: 'byHand' }],
  ['waits in a free slot, for what may come before it', 'queue', [], { ...goesOn, waits: true }],
  ['waits for what runs', 'queue', [running], { ...goesOn, waits: true }],
  [
    'takes the place of the one that waits',
    'queue',
    [running, waiting],
    { ...goesOn, waits: true, replaces: ['waiting'] },
  ],
  [
    'takes the place of one that waits for an absent PC',
    'queue',
    [waiting],
    { ...goesOn, waits: true, replaces: ['waiting'] },
  ],
  ['leaves one that is tried again', 'queue', [again], { ...goesOn, waits: true }],
  ['leaves what a person ordered', 'queue', [byHand], { ...goesOn, waits: true }],
  ['goes on beside what runs', 'allow', [running, waiting, byHand], goesOn],
  [
    'cancels what the schedule began',
    'cancel-previous',
    [running, again, byHand],
    { ...goesOn, waits: true, cancels: ['running', 'again'] },
  ],
  ['waits its turn, however many wait', 'by hand', [running, waiting, byHand], { ...goesOn, waits: true }],
]

describe('a new execution in a slot', () => {
  for (const [what, policy, before, expected] of table) {
    it(`${what} (${policy})`, () => {
      const verdict: Verdict =
        policy === 'by hand'
          ? judgeOverlap({ overlap: 'skip', queues: true }, before)
          : judgeOverlap({ overlap: policy, queues: false }, before)
      assert.deepEqual(verdict, expected)
    })
  }
})
