import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { createLastLine } from './last-line.ts'

const STREAMS = [
  [['one\ntwo\n'], 'two'],
  [['one\ntwo'], 'two'],
  [['one\n', '\n \r\n\n'], 'one'],
  [['one\n', '   \n', 'tw', 'o  \r\n'], 'two'],
  [['{"a":', '1}'], '{"a":1}'],
  [['a\nb\n\n', '\n'], 'b'],
  [[], ''],
  [['\n\n'], ''],
] as const

describe('the last line of an output', () => {
  for (const [pieces, expected] of STREAMS) {
    it(`of ${JSON.stringify(pieces)} is ${JSON.stringify(expected)}`, () => {
      const line = createLastLine(1_000)
      for (const piece of pieces) line.add(Buffer.from(piece))
      assert.deepEqual(line.read(), { text: expected, cut: false })
    })
  }

  it('is cut at its size, and says so', () => {
    const line = createLastLine(4)
    line.add(Buffer.from('short\nab'))
    line.add(Buffer.from('cdefg\n'))
    assert.deepEqual(line.read(), { text: 'abcd', cut: true })
    line.add(Buffer.from('xy\n'))
    assert.deepEqual(line.read(), { text: 'xy', cut: false })
  })

  it('is the same however the output comes in pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'bc', '\n', ' ', '\r\n', 'é')), fc.nat(5), (words, size) => {
        const all = Buffer.from(words.join(''))
        const line = createLastLine(1_000)
        for (let at = 0; at < all.length; at += size + 1) line.add(all.subarray(at, at + size + 1))
        const lines = all
          .toString()
          .split('\n')
          .map((one) => one.trim())
        assert.equal(line.read().text, lines.findLast((one) => one !== '') ?? '')
      }),
    )
  })
})
