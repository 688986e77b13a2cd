import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import { Strangers } from './strangers.ts'

describe('addresses of which only failures come', () => {
  it('are refused, an IPv6 network as one, until time has passed; others are not touched', async () => {
    const clock = createHandClock()
    const strangers = new Strangers(clock)
    for (let n = 0; n < 5_000; n++) {
      assert.equal(strangers.admits('2001:db8::1'), true)
      strangers.failed(`2001:db8::${(n % 9_999).toString(16)}`)
    }
    assert.equal(strangers.admits('2001:db8::abcd'), false)
    assert.equal(strangers.admits('2001:db8:1::1'), true)
    assert.equal(strangers.admits('10.0.0.1'), true)
    await clock.advance(1_000)
    assert.equal(strangers.admits('2001:db8::1'), true)
  })

  it('are a bounded number', () => {
    const strangers = new Strangers(createHandClock())
    for (let n = 0; n < 5_001; n++) strangers.failed('first')
    assert.equal(strangers.admits('first'), false)
    for (let n = 0; n < 20_000; n++) strangers.failed(`other ${n}`)
    assert.equal(strangers.admits('first'), true, 'forgotten')
  })
})
