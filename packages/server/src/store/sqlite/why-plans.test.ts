import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createUuidV7Maker } from '@octopus/kit/ids.ts'
import { createSeededRandom } from '@octopus/kit/random.ts'
import { createHandClock } from '@octopus/kit/testing/hand-clock.ts'
import type { ClientId, ExecutionId, TaskId } from '@octopus/protocol/ids.ts'

import { WatchedTx } from '#store/sqlite/testing/watched-tx.ts'
import { VERBS } from '#store/sqlite/verbs/table.ts'
import type { WhyQuestion } from '#why/why-store.ts'

import { MEMORY, openMain } from './open.ts'

const database = openMain(MEMORY, 0)
// One row of each, so that every question is asked: an execution that queues, in a run for all.
database.exec(`pragma foreign_keys = off;
  insert into client (id, name, status, version, public_key, fingerprint, revision, created_at)
    values ('c', 'pc', 'approved', '1', 'k', 'f', 1, 0);
  insert into task (id, name, plugin, action, args_json, kwargs_json, owner, type, timeout_ms, on_disconnect, priority,
      status, last_run, revision, created_at, created_by)
    values ('t', 't', 'p', 'run', '[]', '{}', 'all', 'ad-hoc', 1, 'stop', 0, 'active', 'r', 1, 0, 'x');
  insert into run (id, task_id, occurrence, due_at, deadline_at, cause_kind, status, plugin, plugin_version, checksum,
      language, action, args_json, kwargs_json, timeout_ms, on_disconnect, priority, queues, audience_size, rows_written,
      created_at, slot_kind)
    values ('r', 't', 'once', 0, 9, 'manual', 'active', 'p', 1, 's', 'python', 'run', '[]', '{}', 1, 'stop', 0, 1, 1, 1, 0,
      'client');
  insert into execution (id, run_id, task_id, slot_kind, slot_value, state, priority, queues, language, not_before,
      timeout_ms, on_disconnect, due_at, deadline_at, queued_at, ends_at_latest, rejected_by)
    values ('e', 'r', 't', 'client', 'c', 'queued', 0, 1, 'python', 0, 1, 'stop', 0, 9, 0, 9,
      '[{"client":"c","reason":"policy-forbids"}]')`)

describe('why, asked of a store with a long history', () => {
  const questions: readonly WhyQuestion[] = [
    { execution: 'e' as ExecutionId },
    { task: 't' as TaskId, client: 'c' as ClientId },
  ]
  for (const question of questions) {
    it(`is answered by indexes alone: ${Object.keys(question).join(' and ')}`, () => {
      const tx = new WatchedTx(database, {
        ids: createUuidV7Maker(createHandClock(), createSeededRandom(1)),
        prove: () => '',
      })
      const facts = VERBS['readWhy']?.(tx, question as never) as { readonly outcome: string }
      assert.equal(facts.outcome, 'found')
      assert.ok(tx.asked.length >= 9, `${tx.asked.length} questions`)
      for (const { sql, values } of tx.asked) {
        const plan = database.prepare(`explain query plan ${sql}`).all(...values)
        for (const { detail } of plan as { detail: string }[]) {
          // What is left of an audience is a list within its row.
          assert.doesNotMatch(detail, /^SCAN (?!json_each|r VIRTUAL)|TEMP B-TREE FOR ORDER/, `${detail}: ${sql}`)
        }
      }
    })
  }
})
