import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import type { Facts } from '#live/facts.ts'

import type { ExecutionStore } from './execution-store.ts'
import { expireOverdue } from './expire.ts'

const HOUR: Ms = 3_600_000
const nothing = { executions: [], runs: [], tasks: [], queuedSlots: [], freed: [], endsInMs: null }

const fail = (error: unknown): never => assert.fail(String(error))

/** The loop at work, over a store that knows nothing but when something ends. */
class Ending implements AsyncDisposable {
  readonly clock = createHandClock()
  readonly ended: EpochMs[] = []
  /** Happens once, while the reader looks, and is answered before it. */
  whileItLooks: (() => void) | undefined
  readonly #bus = createBus<Facts>(fail)
  #ends: EpochMs[] = []
  readonly #life = new AbortController()
  readonly #loop: Promise<void>

  constructor() {
    const { clock } = this
    const needs = { store: this.#store(), bus: this.#bus, clock, steady: () => clock.wall(), onOutage: fail }
    this.#loop = expireOverdue({ ...needs, braked: () => 'nothing' }, this.#life.signal)
  }

  /** Something is queued, and announced as the store does. */
  queue(endsInMs: Ms): void {
    this.#ends.push(this.clock.wall() + endsInMs)
    this.#bus.publish('touched', { ...nothing, endsInMs })
  }

  #store(): Pick<ExecutionStore, 'endOverdue' | 'readNextEnd'> {
    return {
      endOverdue: async ({ now }) => {
        this.ended.push(...this.#ends.filter((at) => at <= now))
        this.#ends = this.#ends.filter((at) => at > now)
        return { touched: nothing, requests: [], more: false }
      },
      readNextEnd: async () => {
        const queued = this.#ends.length === 0 ? null : Math.min(...this.#ends)
        const { whileItLooks } = this
        this.whileItLooks = undefined
        whileItLooks?.()
        await Promise.resolve()
        return { queued, others: null }
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort()
    await this.#loop.catch(() => {})
  }
}

describe('the loop that ends what is overdue', () => {
  it('sleeps through no end that was announced while the reader still looked at what was before', async () => {
    await using ending = new Ending()
    const { clock } = ending
    await clock.advance(1)
    ending.queue(1_000)
    await clock.advance(1)
    ending.whileItLooks = () => ending.queue(5_000)
    await clock.advance(1_000)
    assert.equal(ending.ended.length, 1)
    await clock.advance(5_000)
    assert.equal(ending.ended.length, 2)
  })

  it('ends what was queued while the wall clock was an hour behind, as soon as it is right', async () => {
    await using ending = new Ending()
    const { clock } = ending
    await clock.advance(1)
    ending.queue(90_000)
    await clock.advance(1)
    clock.stepWall(-HOUR)
    ending.queue(400_000)
    await clock.advance(1)
    clock.stepWall(HOUR)
    await clock.advance(10_000)
    assert.equal(ending.ended.length, 1)
  })
})
