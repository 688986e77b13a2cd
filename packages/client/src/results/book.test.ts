import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { keyNumber } from '#testing/client-world.ts'

import { Book, TOMBSTONES_MAX } from './book.ts'

describe('tombstones', () => {
  it('are kept up to their number, the oldest go first, however young they are', () => {
    const book = new Book()
    for (let n = 1; n <= TOMBSTONES_MAX + 2; n++) {
      const { execution, fence } = keyNumber(n)
      book.apply({ kind: 'tombstone', seq: n, execution, fence, at: 1_000 })
    }
    book.forgetOld(1_001)
    assert.equal(book.tombstoneCount(), TOMBSTONES_MAX)
    assert.deepEqual(
      [1, 2, 3].map((n) => book.know(keyNumber(n))),
      [undefined, undefined, 'tombstone'],
    )
  })
})
