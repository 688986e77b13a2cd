import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { isOfAnotherAttempt, OUTPUT_START, type OutputPlace, placeAfter } from './output-place.ts'

describe('a reader of output', () => {
  const read: OutputPlace = { attempt: 1, next: 500 }
  const cases: readonly [string, OutputPlace, number | null, boolean][] = [
    ['reads on where the same attempt goes on', read, 1, false],
    ['begins anew when another attempt prints, shorter or longer', read, 2, true],
    ['takes what it finds first, whichever attempt that is', OUTPUT_START, 2, false],
    ['keeps what it has when the output was deleted meanwhile', read, null, false],
    ['loses nothing where nothing was read', { attempt: 1, next: 0 }, 2, false],
  ]
  for (const [title, place, attempt, another] of cases) {
    it(title, () => assert.equal(isOfAnotherAttempt(place, { attempt }), another))
  }

  it('remembers whose output it has read, and how far', () => {
    assert.deepEqual(placeAfter(OUTPUT_START, { attempt: 2, next: 30 }), { attempt: 2, next: 30 })
    assert.deepEqual(placeAfter(read, { attempt: null, next: 0 }), read)
  })
})
