import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { awayTooLong, BRAKE_MS_MAX, brakeEnds, tooManyVanished } from './brake.ts'

describe('the brake goes on', () => {
  const table: readonly (readonly [string, number, number, boolean])[] = [
    ['not when nobody has vanished', 0, 100, false],
    ['not for four of four: some PCs are off at any time', 4, 0, false],
    ['for five of five', 5, 0, true],
    ['not for five of seventeen', 5, 12, false],
    ['for five of sixteen, which is more than 30 %', 5, 11, true],
    ['not for exactly 30 %', 30, 70, false],
    ['for 31 of 100', 31, 69, true],
  ]
  for (const [title, vanished, online, goesOn] of table) {
    it(title, () => assert.equal(tooManyVanished({ vanished, online }), goesOn))
  }

  it('when the server itself was away for longer than presence', () => {
    assert.deepEqual(
      [29_999, 30_000, 30_001].map((away) => awayTooLong(away, 30_000)),
      [false, false, true],
    )
  })
})

describe('the brake ends', () => {
  const nobody = { atWork: 0, backAtWork: 0 }
  const table: readonly (readonly [string, Parameters<typeof brakeEnds>[0], ReturnType<typeof brakeEnds>])[] = [
    ['not while most are away', { onForMs: 0, gone: 10, back: 8, ...nobody }, undefined],
    ['when 90 % are back', { onForMs: 0, gone: 10, back: 9, ...nobody }, 'clients-back'],
    ['when both of two are back, not before', { onForMs: 0, gone: 2, back: 1, ...nobody }, undefined],
    ['at once when it waits for nobody', { onForMs: 0, gone: 0, back: 0, ...nobody }, 'clients-back'],
    ['not while those with work are away', { onForMs: 0, gone: 100, back: 92, atWork: 8, backAtWork: 0 }, undefined],
    ['not before a quarter of an hour', { onForMs: BRAKE_MS_MAX - 1, gone: 10, back: 0, ...nobody }, undefined],
    ['after a quarter of an hour', { onForMs: BRAKE_MS_MAX, gone: 10, back: 0, ...nobody }, 'time-over'],
  ]
  for (const [title, state, why] of table) it(title, () => assert.equal(brakeEnds(state), why))
})
