import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ansiSpans, withoutAnsi } from './ansi.ts'

const plain = { colour: undefined, bold: false }

test('allowed colours become spans', () => {
  assert.deepEqual(ansiSpans('ok \u001b[1;31mbad\u001b[0m end'), [
    { text: 'ok ', ...plain },
    { text: 'bad', colour: 'red', bold: true },
    { text: ' end', ...plain },
  ])
})

test('bright colours count as colours, 256 and true colours are dropped with their parameters', () => {
  assert.deepEqual(ansiSpans('\u001b[92mg\u001b[39m\u001b[38;5;31mx\u001b[38;2;1;31;3my'), [
    { text: 'g', colour: 'green', bold: false },
    { text: 'x', ...plain },
    { text: 'y', ...plain },
  ])
})

test('cursor movements, titles and links vanish', () => {
  assert.equal(withoutAnsi('a\u001b[2J\u001b[Hb\u001b]0;title\u0007c\u001b]8;;http://x\u001b\\d'), 'abcd')
})

test('a lone escape is shown, not obeyed', () => {
  assert.deepEqual(ansiSpans('x\u001b'), [{ text: 'x‹U+001B›', ...plain }])
})
