import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { exactJson } from '#calls/json-text.ts'

import { sheetOf } from './sheet.ts'
import { tableOf } from './table.ts'
import { cutTo, visible, visibleJson, visibleLines, widthOf } from './visible.ts'

/** Colours, a title, a clear screen in eight bits, text turned around, a blank of no width, a bell. */
const HOSTILE = '\u001B[31mred\u001B]0;owned\u0007\u009B2J\u202Egnp.exe\u200B\u0000'
// oxlint-disable-next-line no-control-regex -- these are what must not come through
const ACTS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069]/

describe('hostile text', () => {
  it('cannot act on a terminal, in a cell, in a line, in JSON', () => {
    for (const safe of [visible, visibleLines, (text: string) => visibleJson(JSON.stringify(text))]) {
      assert.doesNotMatch(safe(HOSTILE), ACTS)
      assert.match(safe(HOSTILE), /red/)
    }
    assert.equal(visible('a\nb\u001B'), String.raw`a\nb\u{1b}`)
    assert.equal(visibleLines('a\r\n\tb\r!'), 'a\n\tb\\r!')
  })

  it('JSON says the same after it', () => {
    const value = { text: HOSTILE, pile: '\u{E0041}', half: '\uD800' }
    assert.deepEqual(JSON.parse(visibleJson(JSON.stringify(value))), value)
  })

  it('cannot break the lines of a table or of a sheet', () => {
    const item = { name: `${HOSTILE}\nfake  row`, 'k\u001B': 1 }
    assert.equal(tableOf([item], ['name']).split('\n').length, 3)
    assert.doesNotMatch(tableOf([item], ['name']), ACTS)
    assert.doesNotMatch(sheetOf(item), ACTS)
  })
})

describe('a table', () => {
  it('is aligned, also with wide letters, says nothing as "-" and times without fractions', () => {
    const items = [
      { name: 'Größe', user: { name: 'alice' }, paused: true, nextRunAt: '2026-12-01T03:00:00.000Z' },
      { name: '日報', user: null, paused: false, nextRunAt: null },
    ]
    assert.equal(
      tableOf(items, ['name', 'user.name', 'paused', 'nextRunAt']),
      [
        'NAME   USER   PAUSED  NEXT RUN',
        'Größe  alice  yes     2026-12-01 03:00:00Z',
        '日報   -      no      -',
        '',
      ].join('\n'),
    )
  })

  it('counts only what there is', () => {
    const counts = { total: 3, succeeded: 2, failed: 1, running: 0 }
    assert.equal(tableOf([{ counts }], ['counts']), 'COUNTS\n2 succeeded, 1 failed\n')
  })

  it('cuts long cells where a person looks', () => {
    assert.equal(cutTo('abcdef', 4), 'abc…')
    assert.ok(widthOf(cutTo('日報日報', 4)) <= 4)
    assert.match(tableOf([{ a: 'x'.repeat(100) }], ['a'], 10), /^A\nx{9}…\n$/)
  })
})

describe('a number', () => {
  const thing = exactJson(
    '{"result":{"value":12345678901234567890},"other":1.0,"args":[1.0,{"a":9007199254740993}],"list":[1,2.50],"n":7,"deep":[{"v":1e400}]}',
    '',
  )

  it('is shown as it was typed, beyond 2^53 and with its zeros, in a sheet', () => {
    assert.equal(
      sheetOf(thing),
      'result.value:  12345678901234567890\nother:         1.0\nargs:          [1.0,{"a":9007199254740993}]\nlist:          1, 2.50\nn:             7\n\ndeep:\n  V\n  1e400\n',
    )
    assert.equal(sheetOf(exactJson('1.0', '')), '1.0\n')
  })

  it('and in a table', () => {
    assert.equal(
      tableOf([thing], ['result.value', 'other', 'n']),
      'RESULT                OTHER  N\n12345678901234567890  1.0    7\n',
    )
  })
})

describe('a sheet', () => {
  it('tells objects by their parts, lists as tables, long texts as blocks', () => {
    const thing = {
      name: 'x',
      slots: { total: 2 },
      args: [1, { a: 2 }],
      runtimes: [{ language: 'python' }],
      source: 'a\nb',
    }
    assert.equal(
      sheetOf(thing),
      'name:         x\nslots.total:  2\nargs:         [1,{"a":2}]\n\nruntimes:\n  LANGUAGE\n  python\n\nsource:\n  a\n  b\n',
    )
  })
})
