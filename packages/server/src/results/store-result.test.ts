import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ResultItem } from '@octopus/protocol/from-client.ts'
import type { ClientId, ExecutionId } from '@octopus/protocol/ids.ts'

import type { ExecutionStore, Touched } from '#executions/execution-store.ts'
import { fenceText } from '#executions/fence.ts'

import { storeResult } from './store-result.ts'

const client = 'ann' as ClientId
const execution = 'e' as ExecutionId
const touched: Touched = { executions: [execution], runs: [], tasks: [], queuedSlots: [], freed: [], endsInMs: null }
const prove = (text: string): string => `mac of ${text}`

function reported(fenceProof: string): ResultItem {
  return {
    execution,
    attempt: 1,
    fence: 5,
    fenceProof,
    end: 'succeeded',
    reason: 'finished',
    valueJson: '1.0',
    valueKind: 'json',
    error: null,
    startedAt: 1,
    endedAt: 2,
    outputBytes: 0,
    cut: { output: false, value: true },
  }
}

describe('storing what a client reports', () => {
  it('checks the proof for this very client, answers what is committed, and leaves the rest with its client', async () => {
    const stored: Parameters<ExecutionStore['storeResults']>[0][] = []
    const news: unknown[] = []
    const key = { execution, attempt: 1, fence: 5 }
    const answers = await storeResult(
      {
        store: {
          storeResults: (input) => {
            stored.push(input)
            const outcomes = [
              { key, disposition: 'applied', code: 'applied' },
              { key, disposition: 'unanswered', code: 'unknown-execution' },
            ] as const
            return Promise.resolve({ outcomes, touched })
          },
        },
        bus: { publish: (_name, fact) => void news.push(fact) },
        clock: { wall: () => 9 },
        prove,
      },
      { client, journalId: 'j' },
      {
        type: 'result',
        journalSeq: 3,
        results: [
          reported(prove(fenceText({ execution, fence: 5, client }))),
          reported(prove(fenceText({ execution, fence: 5, client: 'bob' }))),
        ],
      },
    )
    assert.deepEqual(answers, [{ ...key, disposition: 'applied', code: 'applied' }])
    assert.deepEqual(
      stored[0]?.results.map((result) => [result.proved, result.valueJson, result.valueCut]),
      [
        [true, '1.0', true],
        [false, '1.0', true],
      ],
    )
    assert.deepEqual(news, [touched])
  })

  it('answers nothing when the store could not commit', async () => {
    const failing = { storeResults: () => Promise.reject(new Error('disk full')) }
    const needs = { store: failing, bus: { publish: () => assert.fail('no news') }, clock: { wall: () => 9 }, prove }
    const message = { type: 'result', journalSeq: 1, results: [reported('x')] } as const
    await assert.rejects(
      storeResult(needs, { client, journalId: 'j' }, { ...message, results: [...message.results] }),
      /disk full/,
    )
  })
})
