import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import { createLocalStore, openMemoryDatabases } from './local-store.ts'

const page = { limit: 1, after: null }

/** A store with so many users and so many lines of the audit trail: the one is counted as a whole, the other by an index. */
function storeWith(rows: number) {
  const clock = createHandClock()
  const databases = openMemoryDatabases(clock.wall())
  databases.main.exec(`
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
      insert into user (id, name, name_key, display_name, revision, created_at)
        select printf('%05d', i), 'u' || i, 'u' || i, '', 1, 0 from n;
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
      insert into audit (id, at, actor_kind, actor, action, subject, details)
        select printf('%05d', i), 0, 'user', iif(i % 2 = 0, 'ann', 'ben'), 'user.create', 'user:x', '{}' from n`)
  const ids = createUuidV7Maker(clock, createSeededRandom(1))
  const store = createLocalStore({ databases, ids, clock, schedule: queueMicrotask })
  return Object.assign(store, { done: () => databases.close() })
}

describe('the total of a list', () => {
  for (const [rows, total] of [
    [10_000, { value: 10_000, exact: true }],
    [10_001, { value: 10_000, exact: false }],
  ] as const) {
    it(`of ${rows} rows says ${total.exact ? 'how many there are' : 'that it was not counted to the end'}`, async () => {
      const store = storeWith(rows)
      const audit = (filter: object) => store.listAudit({ ...page, filter })
      assert.deepEqual((await store.listUsers(page)).total, total)
      assert.deepEqual((await audit({})).total, total)
      assert.deepEqual((await audit({ action: 'user.create' })).total, total)
      const half = (await audit({ action: 'user.create', actor: 'ann', subject: 'user:x' })).total
      assert.deepEqual(half, { value: 5_000, exact: total.exact }, 'what fits among those that were looked at')
      await store[Symbol.asyncDispose]()
      store.done()
    })
  }
})
