import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { FromServer } from '@octopus/protocol/from-server.ts'

import { createWorld, item, keyNumber } from '#testing/client-world.ts'

const SESSION = '01900000-0000-7000-8000-000000000001' as Extract<FromServer, { type: 'welcome' }>['sessionId']

// `hello` is heartbeat 0: until another one is echoed, both ends count from it.
it('a lease counts from the moment in which hello was sent, however long welcome was under way', async () => {
  const world = createWorld()
  // Nothing but `welcome` echoes anything.
  world.server.beats = false
  world.server.welcomes = false
  await world.start()
  const helloAt = world.clock.monotonic()
  assert.equal(world.server.of('hello').length, 1)
  await world.clock.advance(18_000)
  world.server.send({
    type: 'welcome',
    sessionId: SESSION,
    serverEpoch: 1,
    heartbeatMs: 10_000,
    presenceMs: 30_000,
    holdMs: 120_000,
    downloadToken: 'download',
    limits: { messageBytesMax: 2_097_152, outputBytesMax: 1_048_576, resultBytesMax: 1_048_576 },
  })
  for (const extra of world.server.afterWelcome) world.server.send(extra)
  await world.clock.advance(0)
  await world.execute(item(keyNumber(1), { onDisconnect: 'stop' }))
  assert.equal(world.pool.runs.length, 1, 'within presence it starts')
  world.server.up = false
  await world.clock.advance(helloAt + 30_500 - world.clock.monotonic())
  assert.equal(world.server.wire().isOpen(), false, 'presence is over 30 s after hello')
  await world.clock.advance(helloAt + 106_500 - world.clock.monotonic())
  assert.deepEqual(world.pool.runs[0]?.stops, ['stopped-on-disconnect'], 'it stops at hold − 15 s after hello')
  await world.end()
})
