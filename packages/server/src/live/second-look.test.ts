import assert from 'node:assert/strict'
import { it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import type { ClientId } from '@octopus/protocol/ids.ts'

import type { Facts } from './facts.ts'
import { announceSecondLooks } from './second-look.ts'

it('pages are told to look again after a shared reading has passed, once for all that happened meanwhile', async () => {
  const clock = createHandClock()
  const bus = createBus<Facts>((error) => {
    throw error
  })
  const life = new AbortController()
  let looks = 0
  bus.on('readings-passed', () => void (looks += 1))
  const done = announceSecondLooks({ bus, clock }, life.signal)

  await clock.advance(10_000)
  assert.equal(looks, 0, 'nothing happened, nobody is told')
  bus.publish('client-changed', { client: 'a' as ClientId })
  bus.publish('presence-changed', { client: 'b' as ClientId })
  await clock.advance(1_000)
  assert.equal(looks, 0)
  await clock.advance(1_000)
  assert.equal(looks, 1)
  await clock.advance(10_000)
  assert.equal(looks, 1)
  bus.publish('plugins-changed', { name: 'probe' })
  await clock.advance(2_000)
  assert.equal(looks, 2)

  life.abort(new Error('enough'))
  await done
  assert.equal(clock.waiting(), 0)
})
