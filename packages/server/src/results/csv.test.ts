import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { csvLine } from './csv.ts'

describe('a cell of a spreadsheet', () => {
  const table: readonly (readonly [string, string | number | null, string])[] = [
    ['text', 'done', 'done'],
    ['nothing', null, ''],
    ['quotes', 'say "hi"', 'say ""hi""'],
    ['lines and commas', 'a,b\nc', 'a,b\nc'],
    ['a number', -5.5, '-5.5'],
    ['a number as text', '-12e3', '-12e3'],
    ['a formula', `=cmd|' /C calc'!A0`, `'=cmd|' /C calc'!A0`],
    ['a plus', '+1+cmd', `'+1+cmd`],
    ['a minus', '-2+3', `'-2+3`],
    ['an at', '@SUM(A1)', `'@SUM(A1)`],
    ['a tab before it', '\t=1', `'\t=1`],
    ['a blank before it', '  =1', `'  =1`],
    ['a zero byte before it', '\0=1', `'=1`],
    ['wide letters', '＝1+1', `'＝1+1`],
    ['a formula in a JSON text', '"=1+1"', '""=1+1""'],
  ]
  for (const [title, cell, shown] of table) {
    it(`${title} stays what it is, and is no formula`, () => assert.equal(csvLine([cell]), `"${shown}"\r\n`))
  }

  it('is one of several in a line', () => assert.equal(csvLine(['a', 1, null]), '"a","1",""\r\n'))
})
