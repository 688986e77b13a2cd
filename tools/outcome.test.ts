import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { failed, parseAllowedOmissions, passed, refuseOmissions, skipped, totalLine } from './outcome.ts'

describe('the total', () => {
  const cases = [
    { of: [], says: '0 passed, 0 failed' },
    { of: [passed('a'), passed('b')], says: '2 passed, 0 failed' },
    { of: [passed('a'), failed('b', 'why')], says: '1 passed, 1 failed' },
    { of: [passed('a'), skipped('b', 'why')], says: '1 passed, 0 failed, 1 skipped' },
  ]
  for (const { of, says } of cases) it(`is "${says}"`, () => assert.equal(totalLine(of), says))
})

describe('in CI', () => {
  it('a test that is left out is a failure which names its reason', () => {
    const [one] = refuseOmissions([skipped('a', 'no browser')], new Map(), 'the list')
    assert.equal(one?.end, 'failed')
    assert.match(one.reason, /no browser.*the list/)
  })

  it('a test may be left out if the list has its exact name', () => {
    const list = parseAllowedOmissions('{ "a": "Windows only" }', 'the list')
    const judged = refuseOmissions([skipped('a', 'x'), skipped('a b', 'x'), passed('c')], list, 'the list')
    assert.deepEqual(
      judged.map(({ end }) => end),
      ['skipped', 'failed', 'passed'],
    )
  })

  it('an entry without a reason is refused', () => {
    assert.throws(() => parseAllowedOmissions('{ "a": " " }', 'the list'), /"a" needs its reason/)
    assert.throws(() => parseAllowedOmissions('["a"]', 'the list'), /must be one JSON object/)
  })
})
