import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ExecutionDetail } from '#executions/execution-store.ts'

import { endWords } from './life.ts'

const wordsOf = (changes: Partial<ExecutionDetail>): string =>
  endWords({ state: 'lost', client: 'c1', clientName: 'pc', fence: 7, lateResults: [], ...changes } as ExecutionDetail)
const told = { resultFence: 7 }
const untold = { resultFence: null }
const waited = { client: null, clientName: null, fence: null, resultFence: null }

describe('how a lost execution ended', () => {
  const cases: readonly [facts: Partial<ExecutionDetail>, words: string][] = [
    [
      { ...told, reason: 'stopped-on-disconnect' },
      'It was lost on pc (stopped-on-disconnect): its client stopped it, because it had lost the server for too long.',
    ],
    [
      { ...told, reason: 'client-stopping' },
      'It was lost on pc (client-stopping): its client stopped it, because the client itself was stopped.',
    ],
    [
      { ...told, reason: 'client-restarted' },
      'It was lost on pc (client-restarted): its client died meanwhile, and nobody knows how it ended.',
    ],
    [
      { ...untold, reason: 'hold-ended' },
      'It was lost on pc (hold-ended): its client was out of contact until its hold had ended, and nobody knows how it ended.',
    ],
    [
      { ...untold, reason: 'out-of-contact' },
      'It was lost on pc (out-of-contact): its client was out of contact for longer than anybody waits, and nobody knows how it ended.',
    ],
    [
      { ...untold, reason: 'restored' },
      'It was lost on pc (restored): the server went back to a backup that was made while it was under way, and nobody knows how it ended.',
    ],
    [
      { ...waited, reason: 'restored' },
      'It was lost (restored): the server went back to a backup that was made while it waited. It is not handed out again, because that may have been done since the backup.',
    ],
    [{ ...told, reason: 'crashed' }, 'It was lost on pc (crashed).'],
    [{ ...untold, reason: 'crashed' }, 'It was lost on pc (crashed): nobody knows how it ended.'],
  ]
  for (const [facts, words] of cases) {
    const handed = facts.fence === null ? ', never handed out' : ''
    it(`is told by what is known: ${facts.reason}, ${facts.resultFence ? 'with' : 'without'} a result${handed}`, () => {
      assert.equal(wordsOf(facts), words)
    })
  }

  it('is not said to be unknown still when a late result of that hand-over has told it', () => {
    const late = (fence: number) => ({
      ...untold,
      reason: 'out-of-contact',
      lateResults: [{ fence }] as unknown as ExecutionDetail['lateResults'],
    })
    assert.match(wordsOf(late(7)), /nobody knew then how it ended\.$/)
    assert.match(wordsOf(late(6)), /nobody knows how it ended\.$/, 'that was an earlier attempt')
  })
})
