import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import type { ClientId } from '@octopus/protocol/ids.ts'

import { LaterLooks } from './later-looks.ts'

const [ann, bob] = ['ann', 'bob'] as ClientId[] as [ClientId, ClientId]

describe('looks at clients that are put off', () => {
  it('come when their time has come, not before', () => {
    const looks = new LaterLooks<ClientId>()
    looks.add(ann, 10_000)
    looks.add(bob, 20_001)
    assert.deepEqual([looks.takeDue(9_999), looks.nextAt()], [[], 10_000])
    assert.deepEqual([looks.takeDue(10_000), looks.nextAt()], [[ann], 20_250])
    assert.deepEqual([looks.takeDue(20_250), looks.nextAt()], [[bob], undefined])
  })

  it('are few, however often a client rejects', () => {
    const looks = new LaterLooks<ClientId>()
    for (let at = 0; at < 30_000; at++) looks.add(ann, at)
    assert.equal(looks.takeDue(30_000).length, 121)
  })

  it('come soon after the wall clock was set back', () => {
    const looks = new LaterLooks<ClientId>()
    looks.add(ann, 3_600_000)
    looks.add(bob, 500)
    looks.shorten(1_000)
    assert.deepEqual(looks.takeDue(1_000).toSorted(), [ann, bob])
    assert.equal(looks.nextAt(), undefined)
  })
})
