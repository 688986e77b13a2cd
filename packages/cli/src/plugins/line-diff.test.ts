import assert from 'node:assert/strict'
import { it } from 'node:test'

import { lineDiff } from './line-diff.ts'

const names = ['a', 'b'] as const
const lines = (count: number): string => Array.from({ length: count }, (_, i) => `line ${i + 1}\n`).join('')

it('shows what changed with three lines around it, as diff -u does', () => {
  const before = lines(20)
  const after = before.replace('line 5\n', 'line five\n').replace('line 18\n', '')
  assert.equal(
    lineDiff(before, after, names),
    `--- a\n+++ b\n@@ -2,7 +2,7 @@\n line 2\n line 3\n line 4\n-line 5\n+line five\n line 6\n line 7\n line 8\n@@ -15,7 +15,6 @@\n line 15\n line 16\n line 17\n-line 18\n line 19\n line 20\n \n`,
  )
})

it('says nothing when there is nothing, and survives texts that share no line', () => {
  assert.equal(lineDiff('x', 'x', names), '')
  const long = lineDiff(lines(3_000), lines(3_000).replaceAll('line', 'row'), names)
  assert.equal(long.split('\n').filter((line) => line.startsWith('-line')).length, 3_000)
})
