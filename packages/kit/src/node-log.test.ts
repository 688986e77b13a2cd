import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, describe, it } from 'node:test'

import { createHandClock } from '#testing/hand-clock.ts'

import { openJsonLog } from './node-log.ts'

const folder = mkdtempSync(`${tmpdir()}/octopus-log-`)
after(() => rmSync(folder, { recursive: true, force: true }))

describe('the log of a program', () => {
  it('is one JSON line per event, printed and kept, private, and begins a new file in time', () => {
    const printed: string[] = []
    using log = openJsonLog({
      clock: createHandClock(),
      folder,
      name: 'client.log',
      print: (line) => void printed.push(line),
      fileBytesMax: 300,
    })
    log.info('hello', { text: 'a\nb\u001b[31m' })
    log.error('long', { text: 'x'.repeat(5_000) })
    const [hello = '', long = ''] = printed
    assert.deepEqual(JSON.parse(hello), {
      at: '2026-01-01T00:00:00Z',
      level: 'info',
      event: 'hello',
      text: 'a\nb\u001b[31m',
    })
    assert.equal(hello.split('\n').length, 2)
    assert.ok(long.length < 4_200)
    for (let n = 0; n < 40; n++) log.warn('again', { n })
    assert.deepEqual(readdirSync(folder).toSorted(), ['client.log', ...[1, 2, 3, 4].map((n) => `client.log.${n}`)])
    assert.match(readFileSync(`${folder}/client.log`, 'utf8'), /"n":39/)
    if (process.platform !== 'win32') assert.equal(statSync(`${folder}/client.log`).mode & 0o777, 0o600)
  })
})
