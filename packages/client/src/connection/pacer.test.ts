import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { MESSAGE_BYTES_MAX, PIECES_MAX } from '@octopus/protocol/limits.ts'

import { createPacer, type Pacer, UNDER_WAY_CHARACTERS_MAX } from './pacer.ts'

interface Line {
  readonly pacer: Pacer
  readonly sent: string[]
  /** The heartbeats that were sent. */
  readonly beats: number[]
}

function line(): Line {
  const sent: string[] = []
  const beats: number[] = []
  const pacer: Pacer = createPacer({
    send: (text) => sent.push(text),
    beat: () => pacer.beaten(beats.push(beats.length + 1)),
  })
  return { pacer, sent, beats }
}

const together = (pieces: readonly string[]): string =>
  pieces.map((text) => (JSON.parse(text) as { text: string }).text).join('')

describe('what may be long', () => {
  it('goes as it is when it is short', () => {
    const { pacer, sent, beats } = line()
    pacer.send('short')
    assert.deepEqual([sent, beats], [['short'], []])
  })

  it('goes in pieces, and no further than the line has taken it', () => {
    const { pacer, sent, beats } = line()
    const text = '"ä😀\u0000'.repeat(60_000)
    pacer.send(text)
    pacer.send('after it')
    const length = (): number => sent.reduce((sum, one) => sum + one.length, 0)
    const steps: number[] = []
    for (let echoed = 0; sent.at(-1) !== 'after it';) {
      steps.push(length())
      assert.ok(echoed < beats.length, 'it waits for a heartbeat that was not sent')
      pacer.echoed(++echoed)
    }
    const most = Math.max(...steps.slice(1).map((now, n) => now - (steps[n] ?? 0)), steps[0] ?? 0)
    assert.ok(most < 2 * UNDER_WAY_CHARACTERS_MAX, `${most} at a time`)
    assert.equal(together(sent.slice(0, -1)), text)
  })

  it('goes on with any heartbeat that is echoed, also one that came by itself', () => {
    const { pacer, sent } = line()
    pacer.send('x'.repeat(100_000))
    const before = sent.length
    pacer.beaten(9)
    pacer.echoed(9)
    assert.ok(sent.length > before)
  })

  it('has no more pieces than a server takes, however long a message may be', () => {
    const { pacer, sent, beats } = line()
    pacer.send('x'.repeat(MESSAGE_BYTES_MAX))
    for (let echoed = 0; echoed < beats.length;) pacer.echoed(++echoed)
    assert.equal(sent.length, PIECES_MAX)
  })
})
