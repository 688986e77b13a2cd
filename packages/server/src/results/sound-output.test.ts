import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { refusal } from '@octopus/protocol/errors.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'

import type { OutputStore } from './output-store.ts'
import { appendSound, readSound } from './sound-output.ts'

const chunk = (execution: string, text: string) =>
  ({ execution: execution as ExecutionId, attempt: 1, fence: 1, offset: 0, stream: 'stdout', at: 1, text }) as const

/** A store that cannot reach the output of one execution. */
function storeWithout(bad: string): OutputStore {
  return {
    appendOutput: async ({ chunks }) => {
      if (chunks.some(({ execution }) => execution === bad)) throw refusal('OUTPUT_DAMAGED')
      return chunks.map(({ execution, attempt, fence, text }) => ({
        execution,
        attempt,
        fence,
        storedBytes: text.length,
      }))
    },
    readOutput: async ({ execution }) => {
      if (execution === bad) throw refusal('OUTPUT_DAMAGED')
      return { attempt: 1, chunks: [], storedBytes: 7 }
    },
  }
}

describe('output whose place in the file is damaged', () => {
  it('is not answered for, and all else that came with it is stored', async () => {
    const chunks = [chunk('a', 'one'), chunk('bad', 'two'), chunk('c', 'three')]
    const stored = await appendSound(storeWithout('bad'), { now: 1, chunks })
    assert.deepEqual(
      stored.map(({ execution, storedBytes }) => [execution, storedBytes]),
      [
        ['a', 3],
        ['c', 5],
      ],
    )
    assert.deepEqual(await appendSound(storeWithout('bad'), { now: 1, chunks: [chunk('bad', 'two')] }), [])
  })

  it('counts as none where only its size is asked for', async () => {
    const size = async (execution: string): Promise<number> =>
      (await readSound(storeWithout('bad'), { execution: execution as ExecutionId, from: 0, limitBytes: 0 }))
        .storedBytes
    assert.deepEqual([await size('a'), await size('bad')], [7, 0])
  })

  it('is told from a store that cannot write, which its caller must hear of', async () => {
    const down = (): Promise<never> => Promise.reject(refusal('STORE_UNAVAILABLE'))
    await assert.rejects(appendSound({ appendOutput: down }, { now: 1, chunks: [chunk('a', 'x')] }), {
      code: 'STORE_UNAVAILABLE',
    })
    await assert.rejects(readSound({ readOutput: down }, { execution: 'a' as ExecutionId, from: 0, limitBytes: 0 }), {
      code: 'STORE_UNAVAILABLE',
    })
  })
})
