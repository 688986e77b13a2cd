import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import { silentLog } from '@octopus/kit/log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { Facts } from '#live/facts.ts'

import { ConductWatch } from './watch-conduct.ts'

const ann = 'ann' as ClientId
const bob = 'bob' as ClientId

function stage() {
  const clock = createHandClock()
  const bus = createBus<Facts>((error) => {
    throw error
  })
  const written: string[] = []
  const state = { counted: 0, outages: 0, broken: false }
  bus.on('client-misbehaved', ({ count }) => void (state.counted += count))
  const store = {
    recordAudit: async ({ action, subject, details }: { action: string; subject: string; details: string }) => {
      if (state.broken) throw new Error('disk')
      written.push(`${subject} ${action} ${(JSON.parse(details) as { count: number }).count}`)
    },
  }
  const watch = new ConductWatch({ store, bus, clock, log: silentLog, onOutage: () => void state.outages++ })
  const life = new AbortController()
  const ended = watch.run(life.signal)
  const stop = async (): Promise<void> => {
    life.abort(new Error('stop'))
    await ended
  }
  return { clock, watch, written, state, stop }
}

describe('offences of clients', () => {
  it('are all counted; the audit trail gets the first at once, and then sums, ever rarer', async () => {
    const { clock, watch, written, state, stop } = stage()
    await watch.note(ann, 'result.refuse', 1, {})
    await watch.note(bob, 'result.refuse', 3, {})
    await watch.note(ann, 'output.refuse', 1, {})
    assert.deepEqual(written, ['ann result.refuse 1', 'bob result.refuse 3', 'ann output.refuse 1'])
    for (let second = 0; second < 3_600; second++) {
      for (let n = 0; n < 10; n++) await watch.note(ann, 'result.refuse', 1, {})
      await clock.advance(1_000)
    }
    const sums = written.slice(3).map((row) => Number(row.split(' ')[2]))
    assert.ok(sums.length >= 5 && sums.length <= 7, `${sums.length} rows of an hour`)
    await stop()
    assert.equal(state.counted, 36_005)
    const inTrail = written.reduce((sum, row) => sum + Number(row.split(' ')[2]), 0)
    assert.equal(inTrail, state.counted, 'what was not written yet is written at the end')
  })

  it('that come after a quiet time are written at once again', async () => {
    const { clock, watch, written, stop } = stage()
    await watch.note(ann, 'result.refuse', 1, {})
    await clock.advance(130_000)
    await watch.note(ann, 'result.refuse', 1, {})
    assert.equal(written.length, 2)
    await stop()
  })

  it('are not lost by a store that fails: who told of them hears it, and they are in the next sum', async () => {
    const { clock, watch, written, state, stop } = stage()
    state.broken = true
    await assert.rejects(watch.note(ann, 'result.refuse', 2, {}), /disk/)
    await watch.note(ann, 'result.refuse', 1, {})
    await clock.advance(61_000)
    assert.deepEqual([written.length, state.outages], [0, 1])
    state.broken = false
    await clock.advance(61_000)
    assert.deepEqual(written, ['ann result.refuse 3'])
    await stop()
  })

  it('of clients that have behaved since cost no memory, and no timer while there is nothing to watch', async () => {
    const { clock, watch, stop } = stage()
    await watch.offended(ann, 'result.refuse', 1, {})
    const before = watch.of(ann)
    watch.gone(ann)
    assert.equal(watch.of(ann), before, 'it has something to be remembered')
    await clock.advance(300_000)
    assert.notEqual(watch.of(ann), before)
    watch.gone(ann)
    await clock.advance(120_000)
    assert.equal(clock.waiting(), 0)
    await stop()
  })
})
