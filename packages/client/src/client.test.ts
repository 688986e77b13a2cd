import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { leakCheck } from '@octopus/kit/testing/leaks.ts'

import { createWorld, item, keyNumber } from './testing/client-world.ts'

describe('client', () => {
  it('runs an execution: journal, start, result, answer, tombstone', async () => {
    const world = createWorld()
    await world.start()
    await world.execute(item(keyNumber(1)))
    assert.equal(world.pool.runs.length, 1)
    world.pool.runs[0]?.end()
    await world.clock.settle()
    assert.deepEqual(
      world.server.of('result').flatMap((message) => message.results.map((result) => result.valueJson)),
      ['"done"'],
    )
    await world.end()
    assert.equal(world.outcome, 'stopped')
    assert.deepEqual(
      world.log.lines.filter((line) => line.level === 'error'),
      [],
    )
  })
})

leakCheck()
