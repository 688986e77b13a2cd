import assert from 'node:assert/strict'
import { it } from 'node:test'

import { createBus } from '@octopus/kit/bus.ts'
import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createCapturedLog } from '@octopus/kit/testing/capture-log.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'

import type { Facts } from '#live/facts.ts'
import { createLocalStore, openMemoryDatabases } from '#store/sqlite/local-store.ts'
import { seedSchedules } from '#store/sqlite/testing/schedules.ts'

import { createPlanner } from './planner.ts'

const SCHEDULES = 100_000
/** Of the others, half are paused and half come later. */
const DUE = 5_000

it('all that are due among 100,000 schedules get their run once, however many rounds that takes', async () => {
  const clock = createHandClock()
  const databases = openMemoryDatabases(clock.wall())
  const { main } = databases
  seedSchedules(main, SCHEDULES)
  const now = clock.wall()
  const update = main.prepare(
    'update task set start_at = ?1, next_run_at = ?1, paused_at = ?2 where id >= ?3 and id < ?4',
  )
  const id = (at: number): string => String(at).padStart(5, '0')
  const [paused, later] = [DUE, (SCHEDULES + DUE) / 2]
  update.run(now - 1_000, null, id(0), id(paused))
  update.run(now - 1_000, 1, id(paused), id(later))
  update.run(now + 1_000_000, null, id(later), ':')
  const ids = createUuidV7Maker(clock, createSeededRandom(1))
  const store = createLocalStore({ databases, ids, clock, schedule: queueMicrotask })
  const fail = (error: unknown): never => {
    throw error
  }
  const idle = new AbortController()
  const planner = createPlanner({
    store: {
      hastenOrders: (input) => store.hastenOrders(input),
      writeSlice: (input) => store.writeSlice(input),
      commitPlan: (input) => store.commitPlan(input),
      readDue: async (input) => {
        const found = await store.readDue(input)
        if (found.due.length === 0) idle.abort()
        return found
      },
    },
    bus: createBus<Facts>(fail),
    clock,
    log: createCapturedLog(),
    onOutage: fail,
  })
  await planner.run(idle.signal)

  const one = (sql: string): unknown => main.prepare(sql).get()?.['n']
  assert.equal(one('select count(*) as n from run'), DUE)
  assert.equal(one('select count(distinct task_id) as n from run'), DUE)
  assert.equal(one('select count(*) as n from run join task on task.id = task_id where paused_at is not null'), 0)
  assert.equal(one(`select count(*) as n from execution where state = 'queued'`), DUE)
  assert.equal(one(`select count(*) as n from task where paused_at is null and next_run_at <= ${now}`), 0)
  await store[Symbol.asyncDispose]()
  databases.close()
})
