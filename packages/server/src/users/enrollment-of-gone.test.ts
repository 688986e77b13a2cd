import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import { leakCheck } from '@octopus/kit/testing/leaks.ts'
import type { Role } from '@octopus/protocol/roles.ts'

import type { Actor } from '#store/page.ts'
import { createLocalStore, openMemoryDatabases } from '#store/sqlite/local-store.ts'
import type { Store } from '#store/store.ts'

const NOW = 1_000
const root = { kind: 'user', name: 'root' } as const
const act = { now: NOW, actor: root }

/** Makes an administrator, ann, and enrolment tokens of hers, of her API token's and of others; answers who made what is left. */
async function leftAfter(change: (store: Store) => Promise<unknown>): Promise<readonly string[]> {
  const clock = createHandClock()
  const ids = createUuidV7Maker(clock, createSeededRandom(1))
  const databases = openMemoryDatabases(NOW)
  await using store = createLocalStore({ databases, ids, clock, schedule: queueMicrotask })
  for (const name of ['root', 'ann', 'annika']) {
    await store.createUser({ ...act, name, displayName: name, role: 'admin', passwordHash: 'x' })
  }
  const makers: readonly Actor[] = [
    root,
    { kind: 'user', name: 'ann' },
    { kind: 'token', name: 'ann/deploy' },
    { kind: 'user', name: 'annika' },
  ]
  for (const [n, actor] of makers.entries()) {
    const token = { hash: `hash-${n}`, user: null, approves: true, maxUses: 9, expiresAt: NOW + 1e6 }
    await store.createEnrollmentToken({ now: NOW, actor, ...token })
  }
  await change(store)
  const { items } = await store.listEnrollmentTokens({ now: NOW, limit: 50, after: null })
  return items.map(({ createdBy }) => createdBy)
}

describe('enrolment tokens of somebody who is', () => {
  const alter = (changes: { role?: Role | null; disabled?: boolean; displayName?: string }) => (store: Store) =>
    store.changeUser({ ...act, name: 'ann', ifRevision: 1, ...changes })
  const gone = ['root', 'annika']
  const all = ['root', 'ann', 'ann/deploy', 'annika']
  const cases: [what: string, change: (store: Store) => Promise<unknown>, left: readonly string[]][] = [
    ['deleted end, and nobody else’s', (store) => store.deleteUser({ ...act, name: 'ann' }), gone],
    ['disabled end', alter({ disabled: true }), gone],
    ['an operator from now on end', alter({ role: 'operator' }), gone],
    ['nobody with a role any more end', alter({ role: null }), gone],
    ['called something else go on', alter({ displayName: 'Ann B.' }), all],
  ]
  for (const [what, change, left] of cases) {
    it(what, async () => assert.deepEqual(await leftAfter(change), left))
  }
})

leakCheck()
