import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import type { EpochMs } from '@octopus/kit/clock.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import type { Facts } from '#live/facts.ts'

import type { ExecutionStore } from './execution-store.ts'
import { expireOverdue } from './expire.ts'

const nothing = { executions: [], runs: [], tasks: [], queuedSlots: [], freed: [], endsInMs: null }

describe('the loop that ends what is overdue', () => {
  it('sleeps through no end that was announced while the reader still looked at what was before', async () => {
    const clock = createHandClock()
    const bus = createBus<Facts>(assert.fail)
    const ends: EpochMs[] = []
    const ended: EpochMs[] = []
    const write = (afterMs: number): void => {
      ends.push(clock.wall() + afterMs)
      bus.publish('touched', { ...nothing, endsInMs: afterMs })
    }
    let whileItLooks = (): void => {}
    const store: Pick<ExecutionStore, 'endOverdue' | 'readNextEnd'> = {
      endOverdue: async ({ now }) => {
        ended.push(...ends.filter((at) => at <= now))
        ends.splice(0, ends.length, ...ends.filter((at) => at > now))
        return { touched: nothing, requests: [], more: false }
      },
      readNextEnd: async () => {
        const queued = ends.length === 0 ? null : Math.min(...ends)
        // A thread that only reads: what another one commits meanwhile is answered first.
        whileItLooks()
        await Promise.resolve()
        return { queued, others: null }
      },
    }
    const life = new AbortController()
    const needs = {
      store,
      bus,
      clock,
      steady: () => clock.wall(),
      braked: () => 'nothing' as const,
      onOutage: assert.fail,
    }
    const loop = expireOverdue(needs, life.signal)
    await clock.advance(1)
    write(1_000)
    await clock.advance(1)
    whileItLooks = () => {
      whileItLooks = () => {}
      write(5_000)
    }
    await clock.advance(1_000)
    assert.equal(ended.length, 1)
    await clock.advance(5_000)
    assert.equal(ended.length, 2, 'nobody ended the second')
    life.abort()
    await loop.catch(() => {})
  })
})
