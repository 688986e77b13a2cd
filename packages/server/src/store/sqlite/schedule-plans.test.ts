import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { present } from '@octopus/kit/assert.ts'
import type { ClientId, ExecutionId, SessionId, TaskId } from '@octopus/protocol/ids.ts'

import { plan } from '#planning/plan.ts'
import { seedSchedules } from '#store/sqlite/testing/schedules.ts'
import { watched } from '#store/sqlite/testing/watched-tx.ts'
import type { StoreVerbs } from '#store/store.ts'
import type { TaskDefinition } from '#tasks/task.ts'

import { MEMORY, openMain } from './open.ts'

const client = 'c' as ClientId
const session = 's' as SessionId
const actor = { kind: 'user', name: 'me' } as const
/**
 * A walk, but for what is short: the schedules up to their limit, runs whose rows are not all written, lists within a row
 * or a question.
 */
const WALK =
  /^SCAN (?!task USING INDEX task_schedules$|run USING INDEX run_unwritten$|json_each|\w VIRTUAL|s$|\(|CONSTANT)/
const HISTORY = 'SEARCH run USING INDEX run_by_task (task_id=?)'
const UNWRITTEN = 'SCAN run USING INDEX run_unwritten'
const OPEN_IN_SLOT = 'SEARCH execution USING INDEX execution_open_slot (task_id=? AND slot_kind=? AND slot_value=?)'
const definition: TaskDefinition = {
  name: 't',
  plugin: 'p',
  action: 'run',
  argsJson: '[]',
  kwargsJson: '{}',
  owner: 'anyone',
  userId: null,
  type: 'scheduled',
  startAt: 10,
  endAt: null,
  intervalMs: 1_000,
  cron: null,
  timeZone: null,
  catchUp: 'last',
  overlap: 'skip',
  timeoutMs: 1,
  deadlineMs: 1_000_000,
  onDisconnect: 'stop',
  retry: { maxAttempts: 1, backoffMs: 0, on: [] },
  priority: 0,
}

describe('a store with many schedules', () => {
  const database = openMain(MEMORY, 0)
  seedSchedules(database, 100)
  // Nothing but what this file makes is due: what is asked of one task and slot is asked because of it.
  database.exec('update task set next_run_at = null')
  /** What the verb answers, after a look at how the database goes about all that it asks. */
  const bounded = <K extends keyof StoreVerbs>(
    verb: K,
    input: Parameters<StoreVerbs[K]>[0],
    ...by: readonly string[]
  ): Awaited<ReturnType<StoreVerbs[K]>> => {
    const { answer, plans } = watched(database, verb, input)
    for (const index of by) assert.ok(plans.includes(index), `${verb} no longer asks by ${index}: ${plans.join('; ')}`)
    for (const detail of plans) {
      assert.doesNotMatch(detail, WALK, detail)
      assert.notEqual(detail, HISTORY, `${verb} looks at each run that its task ever had`)
    }
    assert.ok(!plans.includes('USE TEMP B-TREE FOR ORDER BY'), plans.join('; '))
    return answer
  }
  let task: TaskId
  const planNow = (now: number): ReturnType<typeof plan> => {
    const { due } = bounded(
      'readDue',
      { now, limit: 50 },
      'SEARCH task USING INDEX task_due (next_run_at>? AND next_run_at<?)',
      'SEARCH task USING INDEX task_due (next_run_at>?)',
    )
    return plan({ now, due, upSince: 0, roomSince: 0, resumedAt: 0 })
  }
  const executions = (): readonly { readonly id: ExecutionId; readonly state: string }[] =>
    database.prepare('select id, state from execution order by id').all() as never

  it('counts them along their own index when one more is made', () => {
    const made = bounded(
      'createTask',
      { now: 5, actor, definition, nextRunAt: 10 },
      'SCAN task USING INDEX task_schedules',
    )
    assert.equal(made.outcome, 'created')
    task = present(made.outcome === 'created' ? made.task.id : undefined, 'the task')
  })

  it('finds by an index what is due and what comes next, and makes its run', () => {
    bounded('commitPlan', { now: 10, tasks: planNow(10) }, UNWRITTEN, OPEN_IN_SLOT)
    assert.deepEqual(
      executions().map(({ state }) => state),
      ['queued'],
    )
  })

  it('finds by an index what is open in the slot of a run', () => {
    bounded('commitPlan', { now: 1_010, tasks: planNow(1_010) }, UNWRITTEN, OPEN_IN_SLOT)
    assert.deepEqual(
      executions().map(({ state }) => state),
      ['queued', 'skipped'],
    )
    bounded('runTask', { now: 1_020, actor, task, argsJson: null, kwargsJson: null }, UNWRITTEN)
    assert.equal(executions().length, 3)
  })

  it('finds by an index whose turn it is in a slot', () => {
    const slots = [{ kind: 'any', value: '', limit: 9, takers: { python: [client] } }] as const
    const turn = [
      'SEARCH o USING INDEX execution_open_slot (task_id=? AND slot_kind=? AND slot_value=? AND id<?)',
      'SEARCH o USING INDEX execution_out_of_slot (task_id=? AND slot_kind=? AND slot_value=?)',
    ]
    const queued = bounded('readQueued', { now: 1_030, slots }, ...turn)
    assert.equal(queued.length, 1, 'what queues behind it has not its turn')
    const placements = queued.map(({ id }) => ({ execution: id, client, session }))
    const { outcomes } = bounded('handOver', { now: 1_030, steady: 1_030, placements }, ...turn)
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['handed-over'],
    )
  })

  it('finds by an index what was ordered for at once and has no run', () => {
    bounded('hastenOrders', { now: 1_035 }, 'SEARCH task USING INDEX task_by_status (status=?)')
  })

  it('finds by indexes what waits for a client that was revoked in part', () => {
    database.exec(`insert into client (id, name, status, version, public_key, fingerprint, revision, created_at)
      values ('gone', 'pc', 'revoked', '1', 'l', 'g', 1, 0)`)
    const { more } = bounded(
      'cancelForRevoked',
      { now: 1_040 },
      'SEARCH client USING COVERING INDEX client_by_status (status=?)',
      'SEARCH execution EXISTS USING COVERING INDEX execution_queued (slot_kind=? AND slot_value=?)',
    )
    assert.equal(more, false)
  })
})

describe('a store with 100,000 schedules', () => {
  it('finds what is due among 100,000 in no time, most of them paused or for later', () => {
    using database = openMain(MEMORY, 0)
    // Half of them are due and paused; fifty are due and are not; the others come later.
    seedSchedules(database, 100_000)
    const started = performance.now()
    for (let i = 0; i < 100; i++)
      assert.equal(watched(database, 'readDue', { now: 5, limit: 50 }).answer.due.length, 50)
    // A walk through a hundred thousand rows takes longer than this each time, on any machine.
    assert.ok(performance.now() - started < 1_000)
  })
})
