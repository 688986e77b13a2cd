import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { headlineOf, lineOf, nextTry, type Notice, tellAt } from './notice.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const T = 1_000_000_000

describe('when a note is told', () => {
  const failed = { event: 'failed', firstAt: T, told: 0, toldAt: null, isOver: false } as const
  const cases = [
    ['at once when its run is over', { ...failed, isOver: true }, T],
    ['after a minute when its run goes on', failed, T + MINUTE],
    ['again after an hour when its run still goes on', { ...failed, told: 3, toldAt: T + MINUTE }, T + MINUTE + HOUR],
    ['at once when its run ends after it was told', { ...failed, told: 3, toldAt: T, isOver: true }, T],
  ] as const
  for (const [when, note, at] of cases) it(when, () => assert.equal(tellAt(note), at))
})

describe('tries of a message', () => {
  it('come less and less often, for a day', () => {
    const at: number[] = []
    let now = T
    for (let tries = 1; ; tries++) {
      const next = nextTry({ tries, triedFrom: T, now })
      if (next === null) break
      at.push(next - now)
      now = next
    }
    assert.deepEqual(
      at.slice(0, 8),
      [10, 30, 60, 300, 900, 1_800, 3_600, 3_600].map((seconds) => seconds * 1_000),
    )
    assert.ok(now <= T + 24 * HOUR && now > T + 22 * HOUR)
    assert.ok(at.length < 35)
  })
})

describe('the words of a message', () => {
  const notice: Notice = {
    event: 'failed',
    count: 1_000,
    firstAt: T,
    lastAt: T,
    task: { id: 't' as never, name: 'Disk report' },
    run: null,
    client: null,
    execution: null,
  }

  it('say what and how often', () => {
    assert.equal(lineOf(notice), 'Disk report: 1000 failed')
    assert.equal(lineOf({ ...notice, count: 1, event: 'expired' }), 'Disk report: found nobody in time')
    const client = { id: 'c' as never, name: 'pc-7' }
    assert.equal(lineOf({ ...notice, event: 'client-vanished', client }), 'pc-7 vanished')
    const many = { ...notice, task: null, count: 100_000, event: 'client-vanished' } as const
    assert.equal(lineOf(many), '100000 clients vanished')
    assert.equal(headlineOf({ notices: [notice, notice], more: 5 }), 'Octopus: Disk report: 1000 failed, and 6 more')
    assert.equal(headlineOf({ notices: [], more: 0 }), 'Octopus: a test message')
  })

  it('cannot be broken by a name: no second line, no header of an e-mail', () => {
    const name = `x\r\nBcc: eve@example.com\u202e\u0000${'y'.repeat(500)}`
    const line = lineOf({ ...notice, task: { id: 't' as never, name } })
    assert.ok(!/\p{Cc}|\p{Cf}/u.test(line) && line.length < 130, line)
  })
})
