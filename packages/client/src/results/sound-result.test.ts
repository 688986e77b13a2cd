import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { parseFromClient, type ResultItem } from '@octopus/protocol/from-client.ts'
import { MESSAGE_BYTES_MAX, RESULT_BYTES_MAX } from '@octopus/protocol/limits.ts'

import { keyNumber } from '#testing/client-world.ts'

import { soundResult } from './sound-result.ts'

const RESULT: ResultItem = {
  ...keyNumber(1),
  fenceProof: 'p'.repeat(43),
  end: 'succeeded',
  reason: 'finished',
  valueJson: '{"a":1.0}',
  valueKind: 'json',
  error: null,
  startedAt: 1,
  endedAt: 2,
  outputBytes: 0,
  cut: { output: false, value: false },
}

function sendable(result: ResultItem): void {
  const text = JSON.stringify({ type: 'result', journalSeq: 1, results: [result] })
  assert.ok(Buffer.byteLength(text) <= MESSAGE_BYTES_MAX, `${Buffer.byteLength(text)} bytes`)
  assert.equal(parseFromClient(JSON.parse(text)).ok, true)
}

describe('a result before it is journalled', () => {
  it('stays as it is when it fits', () => {
    assert.equal(soundResult(RESULT), RESULT)
  })

  for (const [what, character] of [
    ['quotes', '"'],
    ['emoji', '😀'],
    ['lone surrogates', '\ud800'],
    ['control characters', '\u0001'],
  ] as const) {
    it(`whose value of ${what} is too big for a message is cut, and says so`, () => {
      const valueJson = JSON.stringify(character.repeat(RESULT_BYTES_MAX)).slice(0, RESULT_BYTES_MAX)
      const sound = soundResult({ ...RESULT, valueJson })
      sendable(sound)
      if (sound.cut.value) assert.ok(JSON.parse(sound.valueJson ?? '').length > 100_000)
      else assert.equal(sound.valueJson, valueJson)
    })
  }

  it('that breaks the contract becomes a failure that names what is wrong, instead of closing every session', () => {
    const sound = soundResult({ ...RESULT, startedAt: 1.5, outputBytes: -3 })
    sendable(sound)
    assert.deepEqual([sound.end, sound.reason, sound.valueJson], ['failed', 'crashed', null])
    assert.match(sound.error?.message ?? '', /startedAt|outputBytes/)
  })
})
