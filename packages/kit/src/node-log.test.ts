import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
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

  it('goes on when the disk was full, with whole lines, and says how many are missing', () => {
    let room = true
    let taken = 0
    const printed: string[] = []
    using log = openJsonLog({
      clock: createHandClock(),
      folder,
      name: 'full.log',
      print: (line) => void printed.push(line),
      writeBytes: ((file: number, bytes: Buffer, from: number) => {
        if (room) return writeSync(file, bytes, from)
        // The last bytes of the disk take a part of the line.
        if (taken++ === 0) return writeSync(file, bytes, from, 10)
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      }) as typeof writeSync,
    })
    log.info('before')
    room = false
    log.info('torn')
    log.info('lost')
    room = true
    log.info('after')
    const lines = readFileSync(`${folder}/full.log`, 'utf8').trim().split('\n')
    const events = lines.map((line) =>
      line.endsWith('}') ? (JSON.parse(line) as { event: string; lines?: number }) : line,
    )
    assert.deepEqual(
      events.map((event) => (typeof event === 'string' ? 'a part' : [event.event, event.lines ?? 0])),
      [['before', 0], 'a part', ['log-lines-missing', 2], ['after', 0]],
    )
    assert.equal(printed.length, 4)
  })

  it('moves its files once for each new one, also when that cannot be made at first', () => {
    const place = `${folder}/blocked`
    using log = openJsonLog({
      clock: createHandClock(),
      folder: place,
      name: 'x.log',
      print: () => {},
      fileBytesMax: 200,
    })
    for (let n = 0; n < 3; n++) log.info('x'.repeat(100), { n })
    const before = readdirSync(place).toSorted()
    // A folder of that name is in the way; opening it for appending fails.
    rmSync(`${place}/x.log`)
    mkdirSync(`${place}/x.log`)
    for (let n = 0; n < 5; n++) log.info('y'.repeat(300), { n })
    rmSync(`${place}/x.log.1`, { recursive: true, force: true })
    log.info('there again')
    assert.ok(before.includes('x.log'))
    assert.match(readFileSync(`${place}/x.log`, 'utf8'), /there again/)
  })
})
