import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { differenceOf } from './difference.ts'

const SIGNS = { same: ' ', removed: '-', added: '+' } as const
const short = (before: string, after: string): string =>
  differenceOf(before, after)
    .map(({ kind, text }) => SIGNS[kind] + text)
    .join('|')

test('lines that stand in both texts are shown once', () => {
  const cases: [string, string, string][] = [
    ['a\nb\nc', 'a\nb\nc', ' a| b| c'],
    ['a\nb\nc', 'a\nx\nc', ' a|-b|+x| c'],
    ['a\nb', 'a\nb\nc', ' a| b|+c'],
    ['a\nb\nc\nd', 'b\nd\ne', '-a| b|-c| d|+e'],
    ['', 'a', '-|+a'],
  ]
  for (const [before, after, shown] of cases) assert.equal(short(before, after), shown)
})

test('both texts can be read off the lines, with their numbers', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = differenceOf(before, after)
      const old = lines.filter(({ before: n }) => n !== null)
      const next = lines.filter(({ after: n }) => n !== null)
      assert.equal(old.map((line) => line.text).join('\n'), before)
      assert.equal(next.map((line) => line.text).join('\n'), after)
      assert.deepEqual(
        old.map((line) => line.before),
        old.map((_, n) => n + 1),
      )
      assert.deepEqual(
        next.map((line) => line.after),
        next.map((_, n) => n + 1),
      )
    }),
  )
})

test('texts that are too long to compare are shown as replaced', () => {
  const lines = (word: string): string => Array.from({ length: 3_000 }, (_, n) => `${word}${n}`).join('\n')
  const shown = differenceOf(lines('a'), lines('b'))
  assert.equal(shown.filter(({ kind }) => kind === 'removed').length, 3_000)
  assert.equal(shown.filter(({ kind }) => kind === 'added').length, 3_000)
})
