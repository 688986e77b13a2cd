import assert from 'node:assert/strict'
import { it } from 'node:test'

import { createLines } from './lines.ts'

it('a stream is split into lines wherever its chunks begin and end', () => {
  const text = 'one\n\ntwö\nthree\n'
  const bytes = Buffer.from(text)
  for (let size = 1; size <= bytes.length; size++) {
    const lines: string[] = []
    const feed = createLines(
      () => 100,
      (line) => void lines.push(line),
      () => assert.fail('no line is too long'),
    )
    for (let at = 0; at < bytes.length; at += size) feed(bytes.subarray(at, at + size))
    assert.deepEqual(lines, ['one', '', 'twö', 'three'])
  }
})

it('a line beyond the limit is told once, and nothing after it is heard', () => {
  const heard: string[] = []
  const feed = createLines(
    () => 4,
    (line) => void heard.push(line),
    () => void heard.push('too long'),
  )
  for (const chunk of ['ok\nab', 'cde', 'f\nafter\n']) feed(Buffer.from(chunk))
  assert.deepEqual(heard, ['ok', 'too long'])
})
