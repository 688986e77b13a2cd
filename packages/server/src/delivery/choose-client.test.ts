import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createSeededRandom } from '@octopus/kit/random.ts'
import type { ClientId, ExecutionId, SessionId } from '@octopus/protocol/ids.ts'

import type { QueuedExecution, Slot } from '#executions/execution-store.ts'

import { chooseClients, type Taker } from './choose-client.ts'

const taker = (client: string, given: Partial<Taker> = {}): Taker => ({
  client: client as ClientId,
  session: `session of ${client}` as SessionId,
  userId: null,
  freeSlots: 1,
  languages: new Set(['python']),
  ...given,
})
const queued = (id: string, slot: Slot, avoided: QueuedExecution['avoided'] = []): QueuedExecution => ({
  id: id as ExecutionId,
  slot,
  language: 'python',
  priority: 0,
  avoided,
  rejectedBy: [],
  tried: [],
  onlyClient: null,
})
const any: Slot = { kind: 'any', value: '' }
const choose = (input: Partial<Parameters<typeof chooseClients>[0]>, seed = 1): string[] =>
  chooseClients({ queued: [], takers: [], clientOfUser: new Map(), now: 100, ...input }, createSeededRandom(seed)).map(
    (placement) => `${placement.execution}→${placement.client}`,
  )

describe('choosing a client', () => {
  it('gives no client more than its free slots', () => {
    const work = Array.from({ length: 10 }, (_, i) => queued(`e${i}`, any))
    const placements = choose({ queued: work, takers: [taker('a', { freeSlots: 2 }), taker('b', { freeSlots: 3 })] })
    assert.equal(placements.filter((placement) => placement.endsWith('a')).length, 2)
    assert.equal(placements.filter((placement) => placement.endsWith('b')).length, 3)
  })

  it('spreads work for anyone evenly', () => {
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 3_000; seed++) {
      const [placement] = choose({ queued: [queued('e', any)], takers: [taker('a'), taker('b'), taker('c')] }, seed)
      counts.set(placement ?? '', (counts.get(placement ?? '') ?? 0) + 1)
    }
    assert.equal(counts.size, 3)
    for (const count of counts.values()) assert.ok(count > 850 && count < 1_150, `${count} of 3000`)
  })

  it("gives a user's work only to the client whose session began last", () => {
    const work = [queued('e', { kind: 'user', value: 'alice' })]
    const clientOfUser = new Map([['alice', 'b' as ClientId]])
    assert.deepEqual(choose({ queued: work, takers: [taker('a'), taker('b')], clientOfUser }), ['e→b'])
    assert.deepEqual(choose({ queued: work, takers: [taker('a')], clientOfUser }), [])
  })

  it('passes over clients that cannot run the language, or rejected just now', () => {
    const takers = [taker('a', { languages: new Set() }), taker('b')]
    assert.deepEqual(choose({ queued: [queued('e', any)], takers }), ['e→b'])
    const until = (at: number): QueuedExecution['avoided'] => [
      { client: 'b' as ClientId, until: at },
      { client: 'c' as ClientId, until: 200 },
    ]
    assert.deepEqual(choose({ queued: [queued('e', any, until(101))], takers: [...takers, taker('c')] }), [])
    assert.deepEqual(choose({ queued: [queued('e', any, until(100))], takers: [...takers, taker('c')] }), ['e→b'])
  })
})

describe('another attempt', () => {
  const tried = (...clients: string[]): QueuedExecution => ({
    ...queued('e', any),
    tried: clients.map((client) => client as ClientId),
  })

  it('goes to a client that has not tried it, whatever chance says', () => {
    const takers = [taker('ann'), taker('bob')]
    for (let seed = 1; seed < 20; seed++) {
      assert.deepEqual(choose({ queued: [tried('ann')], takers }, seed), ['e→bob'])
    }
  })

  it('goes to one that has tried it when there is no other', () => {
    assert.deepEqual(choose({ queued: [tried('ann', 'bob')], takers: [taker('ann')] }), ['e→ann'])
  })

  it('waits for the client that may still be ending the older one', () => {
    const waiting = { ...queued('e', any), onlyClient: 'ann' as ClientId }
    assert.deepEqual(choose({ queued: [waiting], takers: [taker('bob')] }), [])
    assert.deepEqual(choose({ queued: [waiting], takers: [taker('ann'), taker('bob')] }), ['e→ann'])
  })

  it("stays on the same PC of a user, though another one's session began later", () => {
    const slot: Slot = { kind: 'user', value: 'alice' }
    const clientOfUser = new Map([['alice', 'new' as ClientId]])
    const takers = [taker('old', { userId: 'alice' }), taker('new', { userId: 'alice' })]
    assert.deepEqual(choose({ queued: [queued('e', slot)], takers, clientOfUser }), ['e→new'])
    const waiting = { ...queued('e', slot), onlyClient: 'old' as ClientId }
    assert.deepEqual(choose({ queued: [waiting], takers, clientOfUser }), ['e→old'])
  })
})

describe('a client that will not do an execution', () => {
  it('is not asked again; the others are', () => {
    const rejected = { ...queued('e', any), rejectedBy: ['ann' as ClientId] }
    assert.deepEqual(choose({ queued: [rejected], takers: [taker('ann')] }), [])
    assert.deepEqual(choose({ queued: [rejected], takers: [taker('ann'), taker('bob')] }), ['e→bob'])
  })
})
