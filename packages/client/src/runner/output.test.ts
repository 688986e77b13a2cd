import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import { createOutput } from './output.ts'
import type { OutputPiece } from './runner.ts'

function openOutput(bytesMax = 1_000) {
  const clock = createHandClock()
  const pieces: OutputPiece[] = []
  return { clock, pieces, output: createOutput(clock, bytesMax, (piece) => void pieces.push(piece)) }
}

const textsOf = (pieces: readonly OutputPiece[]): readonly string[] => pieces.map(({ text }) => text)

describe('output', () => {
  it('sends a whole line at once, and what follows shortly after it together', async () => {
    const { clock, pieces, output } = openOutput()
    output.add('stdout', 'one\n')
    assert.deepEqual(textsOf(pieces), ['one\n'])
    output.add('stdout', 'two\n')
    output.add('stdout', 'three\n')
    assert.deepEqual(textsOf(pieces), ['one\n'])
    await clock.advance(25)
    assert.deepEqual(textsOf(pieces), ['one\n', 'two\nthree\n'])
    await clock.advance(25)
    output.add('stdout', 'four\n')
    assert.equal(pieces.at(-1)?.text, 'four\n')
    output.finish()
    assert.equal(clock.waiting(), 0)
  })

  it('waits a moment for the rest of a line, and sends it even if it never comes', async () => {
    const { clock, pieces, output } = openOutput()
    output.add('stdout', 'name? ')
    assert.deepEqual(pieces, [])
    await clock.advance(25)
    assert.deepEqual(textsOf(pieces), ['name? '])
    output.finish()
  })

  it('keeps the order of streams', () => {
    const { pieces, output } = openOutput()
    output.add('stdout', 'a')
    output.add('stderr', 'b')
    output.add('stdout', 'c')
    output.finish()
    assert.deepEqual(
      pieces.map(({ stream, text }) => stream + text),
      ['stdouta', 'stderrb', 'stdoutc'],
    )
  })

  it('keeps no more than its limit, fills no gap after a cut, and counts everything', () => {
    const { pieces, output } = openOutput(5)
    output.add('stdout', 'abé')
    output.add('stdout', 'éé')
    output.add('stdout', 'x')
    output.skip(10)
    assert.ok(output.isFull())
    assert.deepEqual(output.finish(), { bytes: 4 + 4 + 1 + 10, cut: true })
    assert.equal(textsOf(pieces).join(''), 'abé')
  })

  it('that fits exactly is not cut', () => {
    const { output } = openOutput(4)
    output.add('stdout', 'four')
    assert.deepEqual(output.finish(), { bytes: 4, cut: false })
  })
})
