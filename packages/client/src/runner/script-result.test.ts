import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ScriptEnd } from './messages.ts'
import { scriptResult } from './script-result.ts'

const ENDED: ScriptEnd = {
  type: 'exited',
  code: 0,
  signal: null,
  failed: null,
  missing: false,
  skipped: 5,
  remains: null,
}
const line = (text: string, cut = false) => ({ text, cut })

const CASES = [
  ['a last line of JSON', {}, '{"a":1.0}', '', ['succeeded', 'finished', '{"a":1.0}', 'json', undefined]],
  ['a last line of words', {}, 'all is well', 'noise', ['succeeded', 'finished', '"all is well"', 'text', undefined]],
  ['no output', {}, '', '', ['succeeded', 'finished', 'null', 'json', undefined]],
  [
    'a status of error',
    {},
    '{"status":"error","error":"full"}',
    '',
    ['failed', 'status-error', '{"status":"error","error":"full"}', 'json', 'full'],
  ],
  [
    'an exit code',
    { code: 3 },
    '[1]',
    'no disk',
    ['failed', 'exception', '[1]', 'json', 'The script ended with exit code 3. no disk'],
  ],
  [
    'an exit code in silence',
    { code: 1 },
    '',
    '',
    ['failed', 'exception', 'null', 'json', 'The script ended with exit code 1.'],
  ],
  [
    'a signal',
    { code: null, signal: 'SIGKILL' },
    '',
    '',
    ['failed', 'crashed', 'null', 'json', 'The script was ended by SIGKILL.'],
  ],
  [
    'arguments that do not fit',
    { code: null, failed: 'There is no parameter x.' },
    'x',
    '',
    ['failed', 'exception', null, 'json', 'There is no parameter x.'],
  ],
  [
    'an interpreter that vanished',
    { code: null, failed: 'spawn ENOENT', missing: true },
    '',
    '',
    ['failed', 'runtime-missing', null, 'json', 'spawn ENOENT'],
  ],
] as const

describe('the result of a script', () => {
  for (const [what, end, output, errors, expected] of CASES) {
    it(`is made of ${what}`, () => {
      const made = scriptResult({ ...ENDED, ...end }, line(output), line(errors), 1_000)
      assert.deepEqual([made.end, made.reason, made.value, made.kind, made.error?.message], expected)
      assert.equal(made.skipped, 5)
    })
  }

  it('is cut at its limit, marked, and never taken for JSON then', () => {
    const cut = scriptResult(ENDED, line('[1,2,3', true), line(''), 100)
    assert.deepEqual([cut.value, cut.kind, cut.cut], ['"[1,2,3"', 'text', true])
    const long = scriptResult(ENDED, line(`"${'é"'.repeat(100)}`), line(''), 50)
    assert.ok(long.cut && Buffer.byteLength(long.value ?? '') <= 50)
    assert.doesNotThrow(() => JSON.parse(long.value ?? ''))
  })
})
