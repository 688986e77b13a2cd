import { createSystemClock } from '@octopus/kit/clock.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'

import { createLocalStore, openMemoryDatabases } from '#store/sqlite/local-store.ts'
import type { Store } from '#store/store.ts'

/** An empty store in memory, in this thread, that commits as soon as the caller waits. Closing it lets go of it. */
export function openTestStore(): Store {
  const clock = createSystemClock()
  const databases = openMemoryDatabases(0)
  const ids = createUuidV7Maker(clock, createSeededRandom(1))
  const store = createLocalStore({ databases, ids, clock, schedule: queueMicrotask })
  return {
    ...store,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]()
      databases.close()
    },
  }
}
