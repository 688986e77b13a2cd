import assert from 'node:assert/strict'
import { test } from 'node:test'

import { addOutput, allLines, LINES_MAX, NO_OUTPUT } from './output-lines.ts'

const at = '2026-01-01T00:00:00.000Z'
const item = (offset: number, text: string, stream: 'stdout' | 'stderr' = 'stdout') => ({ offset, text, stream, at })
const page = (items: ReturnType<typeof item>[], next: number, attempt = 1) => ({
  attempt,
  items,
  next,
  complete: false,
})
const texts = (output: typeof NO_OUTPUT): string[] => allLines(output).map((line) => line.text)

test('a line that comes in two pieces is one line, with one key', () => {
  const first = addOutput(NO_OUTPUT, page([item(0, 'one\ntw')], 6))
  const second = addOutput(first, page([item(6, 'o\n')], 8))
  assert.deepEqual(texts(first), ['one', 'tw'])
  assert.deepEqual(texts(second), ['one', 'two'])
  assert.equal(allLines(first)[1]?.key, allLines(second)[1]?.key)
})

test('streams do not tear each other apart', () => {
  const output = addOutput(NO_OUTPUT, page([item(0, 'out '), item(4, 'err\n', 'stderr'), item(8, 'put\n')], 12))
  assert.deepEqual(texts(output), ['err', 'out put'])
})

test('what was read before changes nothing', () => {
  const once = addOutput(NO_OUTPUT, page([item(0, 'a\n')], 2))
  assert.deepEqual(addOutput(once, page([item(0, 'a\n')], 2)), once)
})

test('a carriage return begins the line anew, and Windows line ends are none', () => {
  assert.deepEqual(texts(addOutput(NO_OUTPUT, page([item(0, '10 %\r50 %\r100 %\nend\r\n')], 22))), ['100 %', 'end'])
})

test('empty lines stay', () => {
  assert.deepEqual(texts(addOutput(NO_OUTPUT, page([item(0, 'a\n\nb\n')], 5))), ['a', '', 'b'])
})

test('a flood keeps its newest lines', () => {
  const output = addOutput(NO_OUTPUT, page([item(0, 'x\n'.repeat(LINES_MAX + 10))], 1))
  assert.equal(output.lines.length, LINES_MAX)
})

test('another attempt begins anew: what was read is not of it, nor is its piece from that byte on', () => {
  const first = addOutput(NO_OUTPUT, page([item(0, 'attempt 1 says much\n')], 20))
  assert.deepEqual(addOutput(first, page([], 20, 2)), NO_OUTPUT, 'a shorter one')
  const longer = addOutput(first, page([item(20, 'middle\n')], 27, 2))
  assert.deepEqual(longer, NO_OUTPUT)
  assert.deepEqual(texts(addOutput(longer, page([item(0, 'attempt 2\n')], 10, 2))), ['attempt 2'])
})
