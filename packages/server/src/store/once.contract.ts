import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { IDEMPOTENCY_KEEP_MS } from '@octopus/protocol/limits.ts'

import type { Once } from './page.ts'
import type { Store } from './store.ts'

const NOW = 1_800_000_000_000
let numbers = 0
const fresh = (word: string): string => `${word}${++numbers}`

function newOnce(more: Partial<Once> = {}): Once {
  return { caller: 'root', keyHash: fresh('key'), requestHash: 'request', seed: 'seed', at: NOW, ...more }
}

const user = (once: Once, name = fresh('once')) => ({
  now: once.at,
  actor: { kind: 'user', name: 'root', once } as const,
  name,
  displayName: '',
  role: null,
  passwordHash: null,
})

/** What every store promises of requests that carry an idempotency key. */
export function onceContract(name: string, open: () => Promise<Store>): void {
  describe(`idempotency keys in a store ${name}`, () => {
    let store: Store
    before(async () => void (store = await open()))
    after(() => store[Symbol.asyncDispose]())

    it('the first outcome is given again, and nothing is changed, also when both come at once', async () => {
      const once = newOnce()
      const name = fresh('once')
      const outcomes = await Promise.all([store.createUser(user(once, name)), store.createUser(user(once, name))])
      assert.deepEqual(outcomes, ['created', 'created'])
      assert.deepEqual(await store.createUser(user(newOnce(), name)), 'name-taken')
    })

    it('what changed nothing is not kept', async () => {
      const [name, once] = [fresh('once'), newOnce()]
      await store.createUser(user(newOnce(), name))
      assert.equal(await store.createUser(user(once, name)), 'name-taken')
      assert.equal(await store.readKept({ now: NOW, ...once }), null)
      assert.equal(await store.createUser(user(once)), 'created')
    })

    it('another request, or another server at the same time, is refused', async () => {
      const once = newOnce()
      await store.createUser(user(once))
      await assert.rejects(store.createUser(user({ ...once, requestHash: 'other' })), { code: 'KEY_REUSED' })
      await assert.rejects(store.createUser(user({ ...once, seed: 'other' })), { code: 'KEY_UNDER_WAY' })
      assert.equal(await store.createUser(user({ ...once, caller: 'ann' })), 'created', 'keys belong to their callers')
    })

    it('the answer is kept beside what was made, and never without', async () => {
      const once = newOnce()
      await store.keepAnswer({ once, answer: 'sealed' })
      assert.equal(await store.readKept({ now: NOW, ...once }), null)
      await store.createUser(user(once))
      await store.keepAnswer({ once: { ...once, seed: 'other' }, answer: 'of another' })
      assert.equal((await store.readKept({ now: NOW, ...once }))?.answer, null)
      await store.keepAnswer({ once, answer: 'sealed' })
      assert.deepEqual(await store.readKept({ now: NOW, ...once }), {
        requestHash: 'request',
        seed: 'seed',
        answer: 'sealed',
      })
    })

    it('a key is forgotten after a day, in slices, and can be used again before it is deleted', async () => {
      const olds = [newOnce(), newOnce(), newOnce()]
      for (const once of olds) await store.createUser(user(once))
      const later = NOW + IDEMPOTENCY_KEEP_MS
      const again = { ...newOnce(), keyHash: olds[0]?.keyHash ?? '', requestHash: 'other', seed: 'other', at: later }
      assert.equal(await store.readKept({ now: later, ...again }), null)
      assert.equal(await store.createUser(user(again)), 'created')
      assert.equal(await store.forgetKeys({ now: later, limit: 1 }), 1)
      for (let more = 1; more > 0;) more = await store.forgetKeys({ now: later, limit: 100 })
      assert.ok(await store.readKept({ now: later, ...again }), 'the new one stays')
    })
  })
}
