import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { awayTooLong, BRAKE_MS_MAX, brakeEnds, COMING_MS, tooManyVanished } from './brake.ts'

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
  const now = { onForMs: 0, gone: 10, back: 0, nobodyCameForMs: 0, atWork: 0, backAtWork: 0 }
  const table: readonly (readonly [string, Partial<typeof now>, ReturnType<typeof brakeEnds>])[] = [
    ['not while most are away', { back: 8, nobodyCameForMs: COMING_MS }, undefined],
    ['at once when all are back', { back: 10 }, 'clients-back'],
    ['not when 90 % are back, while others are coming', { back: 9, nobodyCameForMs: COMING_MS - 1 }, undefined],
    ['when 90 % are back, and nobody else has come since', { back: 9, nobodyCameForMs: COMING_MS }, 'clients-back'],
    ['when both of two are back, not before', { gone: 2, back: 1, nobodyCameForMs: COMING_MS }, undefined],
    ['at once when it waits for nobody', { gone: 0 }, 'clients-back'],
    [
      'not while those with work are away',
      { gone: 100, back: 92, nobodyCameForMs: COMING_MS, atWork: 8, backAtWork: 0 },
      undefined,
    ],
    ['not before a quarter of an hour', { onForMs: BRAKE_MS_MAX - 1 }, undefined],
    ['after a quarter of an hour', { onForMs: BRAKE_MS_MAX }, 'time-over'],
  ]
  for (const [title, state, why] of table) it(title, () => assert.equal(brakeEnds({ ...now, ...state }), why))
})
