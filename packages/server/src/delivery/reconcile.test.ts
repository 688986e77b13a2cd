import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ExecutionId } from '@octopus/protocol/ids.ts'
import type { Phase } from '@octopus/protocol/work.ts'

import { reconcile, type ReconcileInput } from './reconcile.ts'

const a = 'a' as ExecutionId
const entry = (phase: Phase, fence = 5, proved = true): ReconcileInput['inventory'][number] => ({
  execution: a,
  attempt: 1,
  fence,
  fenceProof: '',
  phase,
  outputBytes: 0,
  proved,
  fromTheFuture: false,
})
const handedOut = (given: Partial<ReconcileInput['handedOut'][number]> = {}): ReconcileInput['handedOut'] => [
  { id: a, fence: 5, started: false, cancelRequested: false, ...given },
]

interface Case {
  readonly title: string
  readonly input: Partial<ReconcileInput>
  readonly what?: string
  readonly verdict?: string
}

const table: readonly Case[] = [
  {
    title: 'what the client holds goes on',
    input: { inventory: [entry('held')] },
    what: 'still-held',
    verdict: 'go-on',
  },
  {
    title: 'what is listed twice is settled once',
    input: { inventory: [entry('started'), entry('started')] },
    what: 'still-running',
    verdict: 'go-on',
  },
  {
    title: 'what is about to start does not run yet: it may still be rejected',
    input: { inventory: [entry('starting')] },
    what: 'still-held',
    verdict: 'go-on',
  },
  { title: 'what runs goes on', input: { inventory: [entry('started')] }, what: 'still-running', verdict: 'go-on' },
  {
    title: 'what has ended is asked for',
    input: { inventory: [entry('ended')] },
    what: 'still-running',
    verdict: 'send-result',
  },
  { title: 'what the same journal never saw did not start', input: {}, what: 'never-started' },
  { title: 'what another journal does not have may have started', input: { sameJournal: false }, what: 'unknown' },
  {
    title: 'a journal that lost what it said to have started is another journal',
    input: { handedOut: handedOut({ started: true }) },
    what: 'unknown',
  },
  {
    title: 'what shall be cancelled is stopped',
    input: { handedOut: handedOut({ cancelRequested: true }), inventory: [entry('started')] },
    what: 'still-running',
    verdict: 'stop',
  },
  {
    title: 'an older hand-over is stopped, and the newer one is looked at for itself',
    input: { inventory: [entry('started', 4)] },
    what: 'never-started',
    verdict: 'stop',
  },
  {
    title: 'an end of an older hand-over is asked for, to be kept beside',
    input: { handedOut: [], inventory: [entry('ended', 4)] },
    verdict: 'send-result',
  },
  {
    title: 'what is final here and still runs there is stopped',
    input: { handedOut: [], inventory: [entry('started')] },
    verdict: 'stop',
  },
  {
    title: 'what this server never handed out is forgotten',
    input: { handedOut: [], inventory: [entry('started', 5, false)] },
    verdict: 'forget',
  },
  {
    title: 'proved work of an unknown execution stays with the client too',
    input: { handedOut: [], known: new Set(), inventory: [entry('started')] },
  },
  {
    title: 'what comes from the future is left alone, and then nothing that is missing proves anything',
    input: { inventory: [{ ...entry('started', 9), fromTheFuture: true }] },
    what: 'unknown',
  },
  {
    title: 'a proved end of an unknown execution stays with the client',
    input: { handedOut: [], known: new Set(), inventory: [entry('ended')] },
  },
]

describe('reconciling a client with the store', () => {
  for (const { title, input, what, verdict } of table) {
    it(title, () => {
      const result = reconcile({
        handedOut: handedOut(),
        inventory: [],
        sameJournal: true,
        known: new Set([a]),
        ...input,
      })
      assert.deepEqual(
        result.settlements.map((settlement) => settlement.what),
        what ? [what] : [],
      )
      assert.deepEqual(
        result.verdicts.map((answer) => answer.verdict),
        verdict ? [verdict] : [],
      )
    })
  }
})
