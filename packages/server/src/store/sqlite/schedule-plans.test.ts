import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { openMemoryDatabases } from './local-store.ts'

/** What a loop or a verb asks of schedules, and what it may cost: an index, however many there are. */
const ASKED: readonly (readonly [string, string])[] = [
  [
    'what is due',
    `select id from task where next_run_at is not null and next_run_at <= 5 and paused_at is null order by next_run_at, id limit 50`,
  ],
  ['what is due next', `select min(next_run_at) as at from task where next_run_at > 5 and paused_at is null`],
  [
    'how many schedules there are',
    `select 1 from task indexed by task_schedules where type = 'scheduled' and next_run_at is not null limit 9`,
  ],
  [
    'what is open in a slot',
    `select id from execution where task_id = 't' and slot_kind = 'any' and slot_value = '' and ends_at_latest is not null order by id`,
  ],
  [
    'what is out in a slot',
    `select 1 from execution where task_id = 't' and slot_kind = 'any' and slot_value = '' and state in ('assigned', 'running', 'disconnected')`,
  ],
]

describe('a store with many schedules', () => {
  const databases = openMemoryDatabases(0)
  const { main } = databases

  for (const [what, sql] of ASKED) {
    it(`knows by an index ${what}`, () => {
      const plan = main.prepare(`explain query plan ${sql}`).all() as { detail: string }[]
      assert.ok(plan.length > 0)
      for (const { detail } of plan) {
        assert.doesNotMatch(detail, /^SCAN (?!task USING INDEX task_schedules)|TEMP B-TREE FOR ORDER/, detail)
      }
    })
  }

  it('finds what is due among 100,000 in no time, most of them paused or for later', () => {
    main.exec('pragma foreign_keys = off')
    // Half of them are due and paused; fifty are due and are not; the others come later.
    main.exec(`
      insert into task (id, name, plugin, action, args_json, kwargs_json, owner, type, interval_ms, start_at, timeout_ms,
          on_disconnect, priority, status, next_run_at, paused_at, revision, created_at, created_by)
        with recursive n(i) as (select 0 union all select i + 1 from n where i < 99999)
        select printf('%05d', i), 't', 'p', 'run', '[]', '{}', 'all', 'scheduled', 1000, 0, 1, 'stop', 0, 'active',
          iif(i % 2 = 0 or i < 100, 1, 1000000 + i), iif(i % 2 = 0, 1, null), 1, 0, 'x' from n`)
    const [, due] = ASKED[0] ?? ['', '']
    const started = performance.now()
    for (let i = 0; i < 100; i++) assert.equal(main.prepare(due).all().length, 50)
    // A scan of a hundred thousand rows takes longer than this each time, on any machine.
    assert.ok(performance.now() - started < 1_000)
    databases.close()
  })
})
