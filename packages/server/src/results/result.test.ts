import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ClientId } from '@octopus/protocol/ids.ts'

import { type Addressee, judge, type Report } from './result.ts'

const ann = 'ann' as ClientId
const bob = 'bob' as ClientId
const report: Report = { attempt: 1, fence: 5, client: ann, proved: true, fromTheFuture: false }
const running: Addressee = { state: 'running', attempt: 1, fence: 5, client: ann, applied: false }

const table: readonly (readonly [string, Partial<Report>, Addressee | undefined, string])[] = [
  ['the result of the newest hand-over is applied', {}, running, 'apply'],
  ['so it is when the execution is out of contact', {}, { ...running, state: 'disconnected' }, 'apply'],
  ['so it is when nobody heard that it started', {}, { ...running, state: 'assigned' }, 'apply'],
  ['the same result again is a duplicate', {}, { ...running, state: 'succeeded', applied: true }, 'duplicate'],
  ['a result after the server gave up is late', {}, { ...running, state: 'lost' }, 'late'],
  ['a result of an older hand-over is late', { fence: 4 }, running, 'late'],
  ['a result of what was queued again is late', {}, { ...running, state: 'queued', fence: null, client: null }, 'late'],
  [
    'a result that an earlier attempt ended by is a duplicate',
    { fence: 3 },
    { ...running, applied: true },
    'duplicate',
  ],
  ['a result of a hand-over that was taken back is late', { fence: 6 }, running, 'late'],
  ['a fence from the future stays with its client', { fence: 6, fromTheFuture: true }, running, 'unanswered'],
  ['so does one of an unknown execution', { fence: 6, fromTheFuture: true }, undefined, 'unanswered'],
  ["a result for another client's hand-over is refused", { client: bob }, running, 'refuse'],
  ['a result for another attempt than was handed over is refused', { attempt: 2 }, running, 'refuse'],
  ['a result of an older hand-over is late, whatever attempt it names', { fence: 4, attempt: 7 }, running, 'late'],
  ['a result without a proof is refused, also when it would fit', { proved: false }, running, 'refuse'],
  ['a proved result of an unknown execution stays with its client', {}, undefined, 'unanswered'],
]

describe('judging a result', () => {
  for (const [title, changes, addressee, judgement] of table) {
    it(title, () => assert.equal(judge({ ...report, ...changes }, addressee).judgement, judgement))
  }
})
