import assert from 'node:assert/strict'
import { it } from 'node:test'

import { createWorld, item, keyNumber } from '#testing/client-world.ts'

it('work that goes back while the disk refuses is told in the session of the moment in which that is written', async () => {
  const world = createWorld({ syncMs: 5 })
  await world.start()
  world.server.send({ type: 'execute', executions: [item(keyNumber(1), { startWithinMs: 20_000 })] })
  await world.clock.advance(4)
  assert.match(String(world.disk.peek('/state/journal')), /starting/)
  // In the journal, and not begun: its session ends before the look at the lease.
  world.server.up = false
  world.server.wire().cut('gone')
  await world.clock.advance(1_000)
  assert.equal(world.pool.runs.length, 0)
  world.disk.fault = (operation) =>
    operation === 'append' || operation === 'replace' ? new Error('ENOSPC') : undefined
  // Its time is over, and the journal cannot forget it yet.
  await world.clock.advance(20_000)
  world.server.up = true
  await world.clock.advance(16_000)
  const attempts = world.server.of('inventory').at(-1)?.attempts ?? []
  assert.deepEqual(
    attempts.map(({ phase }) => phase),
    ['starting'],
  )
  assert.deepEqual(world.server.of('rejected'), [])
  world.disk.fault = undefined
  await world.clock.advance(2_000)
  const reasons = world.server.of('rejected').flatMap(({ executions }) => executions.map(({ reason }) => reason))
  assert.deepEqual(reasons, ['too-late'])
  await world.end()
})
