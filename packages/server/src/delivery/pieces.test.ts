import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'

import { NO_PIECES, withPiece } from './pieces.ts'

const piece = (message: number, index: number, of: number, text = `${message}${index}`) =>
  ({ type: 'piece', message, index, of, text }) as const

/** The whole messages that come of these pieces. */
function wholeOf(...all: readonly ReturnType<typeof piece>[]): readonly string[] {
  let pieces = NO_PIECES
  return all.flatMap((next) => {
    const step = withPiece(pieces, next)
    pieces = step.pieces
    return step.whole === undefined ? [] : [step.whole]
  })
}

describe('a message that comes in pieces', () => {
  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['is whole with the last piece', wholeOf(piece(1, 0, 3), piece(1, 1, 3), piece(1, 2, 3)), ['101112']],
    [
      'is whole once, although pieces come twice',
      wholeOf(piece(1, 0, 2), piece(1, 0, 2), piece(1, 1, 2), piece(1, 1, 2)),
      ['1011'],
    ],
    ['is put together in order, whichever piece comes first', wholeOf(piece(1, 1, 2), piece(1, 0, 2)), ['1011']],
    ['may be one piece', wholeOf(piece(1, 0, 1), piece(2, 0, 1)), ['10', '20']],
    [
      'becomes whole although the next one has begun',
      wholeOf(piece(1, 0, 2), piece(2, 0, 2), piece(1, 1, 2), piece(2, 1, 2)),
      ['1011', '2021'],
    ],
    [
      'never becomes whole when the one after the next has begun',
      wholeOf(piece(1, 0, 2), piece(3, 0, 2), piece(1, 1, 2), piece(2, 0, 1), piece(3, 1, 2)),
      ['20', '3031'],
    ],
  ]
  for (const [title, got, wanted] of table) it(title, () => assert.deepEqual(got, wanted))

  it('is refused as soon as it is larger than a message may be', () => {
    const half = 'x'.repeat(MESSAGE_BYTES_MAX / 2)
    const { pieces } = withPiece(NO_PIECES, piece(1, 0, 3, half))
    const { pieces: both } = withPiece(pieces, piece(1, 1, 3, half))
    assert.equal(withPiece(both, piece(1, 2, 3, 'x')).tooLarge, true)
  })
})
