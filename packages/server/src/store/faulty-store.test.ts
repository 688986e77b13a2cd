import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { openTestStore } from '#store/sqlite/testing/open-test-store.ts'

import { createFaultyStore } from './faulty-store.ts'

const actor = { kind: 'system', name: 'test' } as const
const user = { now: 1, actor, name: 'ann', displayName: 'Ann', role: null, passwordHash: null }
const unavailable = { code: 'STORE_UNAVAILABLE' }

describe('a store that fails on purpose', () => {
  it('fails the n-th call of a verb before it has changed anything', async () => {
    await using inner = openTestStore()
    const store = createFaultyStore(inner, [{ verb: 'createUser', nth: 2, when: 'before' }])
    assert.equal(await store.createUser(user), 'created')
    assert.equal(await store.readSetupDone({}), false)
    await assert.rejects(store.createUser({ ...user, name: 'bob' }), unavailable)
    assert.equal(await store.readUser({ name: 'bob' }), null)
    assert.equal(await store.createUser({ ...user, name: 'bob' }), 'created')
  })

  it('loses the answer of the n-th call of all, which was committed', async () => {
    await using inner = openTestStore()
    const store = createFaultyStore(inner, [{ nth: 1, when: 'after' }])
    await assert.rejects(store.createUser(user), unavailable)
    assert.equal(await store.createUser(user), 'name-taken')
  })
})
