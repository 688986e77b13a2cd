import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { parseKeeperMessage, parseRunnerMessage } from './messages.ts'

const RESULT = {
  type: 'result',
  end: 'succeeded',
  reason: 'finished',
  value: '[1.0,12345678901234567890]',
  kind: 'json',
  cut: false,
  error: null,
  skipped: 0,
  remains: null,
}

const SCRIPT_END = {
  type: 'exited',
  code: 3,
  signal: null,
  failed: null,
  missing: false,
  skipped: 0,
  remains: 'children',
}

const REFUSED = [
  ['a script’s end without a code', { ...SCRIPT_END, code: 'x' }],
  ['a script’s end with a long signal', { ...SCRIPT_END, signal: 'x'.repeat(65) }],
  ['a reason that only the client gives', { ...RESULT, reason: 'runtime-missing' }],
  ['no JSON', 'hello'],
  ['no object', '[1]'],
  ['an unknown type', { type: 'shutdown' }],
  ['an unknown stream', { type: 'output', stream: 'other', text: 'x' }],
  ['a progress beyond the end', { type: 'progress', fraction: 1.5, text: '' }],
  ['a progress without text', { type: 'progress', fraction: 0.5 }],
  ['a negative count', { type: 'skipped', bytes: -1 }],
  ['a value that is no JSON', { ...RESULT, value: '{' }],
  ['a value beyond its limit', { ...RESULT, value: `"${'x'.repeat(200)}"` }],
  ['an unknown end', { ...RESULT, end: 'lost' }],
  ['an unknown reason', { ...RESULT, reason: 'cancelled' }],
  ['an error without a message', { ...RESULT, error: { type: '', stack: '' } }],
  ['a type of an error that is too long', { ...RESULT, error: { message: '', type: 'x'.repeat(256), stack: '' } }],
] as const

describe('what a runner says', () => {
  it('is taken as it is when it is a result, its value unchanged', () => {
    assert.deepEqual(parseRunnerMessage(JSON.stringify(RESULT), 100), RESULT)
  })

  it('is taken as it is when it is a script’s end', () => {
    assert.deepEqual(parseRunnerMessage(JSON.stringify(SCRIPT_END), 100), SCRIPT_END)
  })

  it('is made text that every reader can take', () => {
    const line = JSON.stringify({ type: 'output', stream: 'stdout', text: 'a\ud800b' })
    assert.deepEqual(parseRunnerMessage(line, 100), { type: 'output', stream: 'stdout', text: 'a\ufffdb' })
  })

  for (const [what, message] of REFUSED) {
    it(`is refused when it is ${what}`, () => {
      const line = typeof message === 'string' ? message : JSON.stringify(message)
      assert.equal(parseRunnerMessage(line, 100), undefined)
    })
  }

  it('is read from its keeper too', () => {
    const gone = { type: 'gone', code: null, signal: 9 }
    assert.deepEqual(parseKeeperMessage(JSON.stringify(gone)), gone)
    assert.equal(parseKeeperMessage('{"type":"result"}'), undefined)
  })
})
