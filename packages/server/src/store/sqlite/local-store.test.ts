import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import { deletedContract } from '#store/deleted.contract.ts'
import { onceContract } from '#store/once.contract.ts'
import { policiesContract } from '#store/policies.contract.ts'
import { premisesContract } from '#store/premises.contract.ts'
import { openTestStore } from '#store/sqlite/testing/open-test-store.ts'
import { storeContract } from '#store/store.contract.ts'

import { createLocalStore, openMemoryDatabases } from './local-store.ts'

storeContract('in memory', async () => openTestStore())
onceContract('in memory', async () => openTestStore())
deletedContract('in memory', async () => openTestStore())
policiesContract('in memory', async () => openTestStore())
premisesContract('in memory', async () => openTestStore())

const actor = { kind: 'system', name: 'test' } as const
const user = (name: string) => ({ now: 1, actor, name, displayName: '', role: null, passwordHash: null })

function openByHand() {
  const clock = createHandClock()
  const databases = openMemoryDatabases(0)
  const runs: (() => void)[] = []
  const ids = createUuidV7Maker(clock, createSeededRandom(1))
  const start = () => createLocalStore({ databases, ids, clock, schedule: (run) => void runs.push(run) })
  return { start, runs }
}

describe("a store in the caller's thread", () => {
  it('commits when it is told to, all that waits together', async () => {
    const { start, runs } = openByHand()
    const store = start()
    const answers = [store.createUser(user('ann')), store.createUser(user('bob')), store.readUser({ name: 'ann' })]
    assert.equal(runs.length, 1)
    runs[0]?.()
    const [ann, bob, read] = await Promise.all(answers)
    assert.deepEqual([ann, bob], ['created', 'created'])
    assert.ok(read)
  })

  it('loses in a crash what was not committed, keeps the rest, and answers nobody any more', async () => {
    const { start, runs } = openByHand()
    const store = start()
    const kept = store.createUser(user('kept'))
    runs.shift()?.()
    await kept
    let heard = false
    void store.createUser(user('lost')).finally(() => (heard = true))
    store.crash()
    runs.shift()?.()
    await new Promise(setImmediate)
    assert.equal(heard, false)
    const again = start()
    const reads = [again.readUser({ name: 'kept' }), again.readUser({ name: 'lost' })]
    runs.shift()?.()
    const [found, lost] = await Promise.all(reads)
    assert.equal(found?.name, 'kept')
    assert.equal(lost, null)
  })

  it('finishes what waits before it is closed, and takes nothing after', async () => {
    const { start, runs } = openByHand()
    const store = start()
    const waiting = store.createUser(user('ann'))
    const closed = store[Symbol.asyncDispose]()
    await assert.rejects(store.readSetupDone({}), { code: 'SHUTTING_DOWN' })
    runs.shift()?.()
    assert.equal(await waiting, 'created')
    await closed
  })
})
