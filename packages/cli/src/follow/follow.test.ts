import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { Answer } from '@octopus/api-client/request.ts'
import { EXECUTION_STATES, OUTCOMES } from '@octopus/protocol/work.ts'

import type { Sink } from '#world.ts'

import { LineCutter } from './lines.ts'
import { endText, exitCodeOf, neverRanText, progressText } from './progress.ts'
import { createScreen } from './screen.ts'

type Run = Answer<'getRun'>
const counts = Object.fromEntries(['total', ...EXECUTION_STATES].map((state) => [state, 0])) as unknown as Run['counts']
const run = (more: Partial<Run>): Run =>
  ({ counts, audienceSize: 0, cancelRequestedAt: null, outcome: null, note: null, ...more }) as Run

function screenOn(terminal: boolean, asJson = false, env = {}) {
  const seen = { out: '', err: '' }
  const sink = (name: keyof typeof seen): Sink => ({
    write: (text) => void (seen[name] += text),
    isTerminal: terminal,
    columns: () => 20,
  })
  return { seen, screen: createScreen({ out: sink('out'), err: sink('err'), env }, asJson) }
}

describe('the end of a run for a script', () => {
  const codes = { succeeded: 0, 'partly-failed': 1, failed: 1, cancelled: 1, expired: 1, skipped: 1 } as const
  for (const outcome of OUTCOMES) {
    it(`${outcome} ends with ${codes[outcome]}`, () => assert.equal(exitCodeOf({ outcome }), codes[outcome]))
  }

  it('is said in a sentence, with what the server said', () => {
    assert.equal(
      endText(run({ outcome: 'skipped', note: 'No client was there.' })),
      'The run was skipped. No client was there.',
    )
    const some = run({ outcome: 'partly-failed', counts: { ...counts, succeeded: 2, failed: 1 } })
    assert.equal(endText(some), 'The run failed in part (2 succeeded, 1 failed).')
  })

  it('is said in the word of the server where only a newer server knows it, and is no success', () => {
    const outcome = 'archived' as never
    assert.equal(endText(run({ outcome })), 'The run ended as archived.')
    assert.equal(neverRanText({ outcome }), 'The task ended as archived before it had a run.')
    assert.equal(exitCodeOf({ outcome }), 1)
  })
})

describe('how far a run is', () => {
  it('says what has ended, what went wrong, what moves', () => {
    const going = run({ audienceSize: 6, counts: { ...counts, succeeded: 2, failed: 1, running: 1, queued: 2 } })
    assert.equal(progressText(going), '3/6 ended · 1 failed · 1 running · 2 queued')
    assert.match(progressText(run({ cancelRequestedAt: 'now' })), /cancelling$/)
  })
})

describe('lines of a stream', () => {
  it('are whole, however the text is cut; the last one needs no end, an endless one comes in pieces', () => {
    const cutter = new LineCutter()
    assert.deepEqual(cutter.take('a\nb'), ['a'])
    assert.deepEqual(cutter.take('c\n\nd'), ['bc', ''])
    assert.deepEqual(cutter.end(), ['d'])
    assert.deepEqual(cutter.end(), [])
    assert.equal(cutter.take('x'.repeat(10_000)).length, 1)
  })
})

describe('the screen', () => {
  it('where nobody looks: plain lines with their clients, no colours, no line at the bottom', () => {
    const { seen, screen } = screenOn(false)
    screen.progress('1/2 ended')
    screen.line('alice', 'hello')
    screen.line('bob-laptop', '\u001B[31mred')
    assert.deepEqual(seen, { out: 'alice | hello\nbob-laptop | \\u{1b}[31mred\n', err: '' })
  })

  it('on a terminal: a colour for each client, and one line at the bottom that makes room and fits the width', () => {
    const { seen, screen } = screenOn(true)
    screen.progress('a text that is longer than the line')
    screen.line('alice', 'x')
    screen.line('bob', 'y')
    screen.line('alice', 'z')
    assert.equal(seen.err, 'a text that is lon…\r\u001B[K')
    assert.equal(seen.out, '\u001B[36malice | \u001B[0mx\n\u001B[33mbob   | \u001B[0my\n\u001B[36malice | \u001B[0mz\n')
  })

  it('NO_COLOR and a dumb terminal get no colours; with JSON standard output stays clean', () => {
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const { seen, screen } = screenOn(true, false, env)
      screen.line('alice', 'x')
      assert.equal(seen.out, 'alice | x\n')
    }
    const { seen, screen } = screenOn(false, true)
    screen.line('alice', 'x')
    assert.deepEqual(seen, { out: '', err: 'alice | x\n' })
  })
})
