import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { EXECUTION_STATES } from '@octopus/protocol/work.ts'

const columnOf = (state: string): string => state.replace('-', '_')

/** Where results of hand-overs are kept: of the newest attempt, of earlier ones, and what came too late. */
const RESULTS = `select id as execution, result_fence as fence from execution where result_fence is not null
  union all select execution_id, fence from late_result
  union all select execution_id, result_fence from attempt where result_fence is not null`

/** What must hold in every database at every commit, by the names of docs and simulation. Each finds violations. */
const LAWS: Readonly<Record<string, string>> = {
  'S1 one run per occurrence': 'select task_id, occurrence from run group by 1, 2 having count(*) > 1',
  'O1 rows equal the audience': `select r.id, r.rows_written, count(e.id) as n from run r
    left join execution e on e.run_id = r.id group by r.id having n <> r.rows_written
      or r.rows_written > r.audience_size or (r.audience_left is null and r.rows_written <> r.audience_size)`,
  'O1 one row per slot': 'select run_id, slot_kind, slot_value from execution group by 1, 2, 3 having count(*) > 1',
  'O2 one execution for anyone': `select run_id from execution where slot_kind = 'any' group by 1 having count(*) > 1`,
  'L3 an end in sight': `select id, state from execution where (ends_at_latest is null) <> (state in
    ('succeeded', 'failed', 'timed-out', 'cancelled', 'expired', 'lost', 'skipped'))`,
  'A final run has only final executions': `select r.id from run r join execution e on e.run_id = r.id
    where r.status = 'completed' and e.ends_at_latest is not null`,
  'S3 no run outside its schedule': `select r.id, r.due_at from run r join task t on t.id = r.task_id
    where t.type = 'scheduled' and r.cause_kind in ('schedule', 'catch-up')
      and (r.due_at < t.start_at or r.due_at >= t.end_at)`,
  'S7 overlap only where allowed': `select e.task_id, e.slot_kind, e.slot_value from execution e
    join run r on r.id = e.run_id where e.state in ('assigned', 'running', 'disconnected') and r.overlap <> 'allow'
    group by 1, 2, 3 having count(*) > 1`,
  'R2 one result for each hand-over': `select execution, fence from (${RESULTS}) group by 1, 2 having count(*) > 1`,
  'R7 cancel bars hand-over': `select id from execution where cancel_requested_at is not null and state = 'queued'`,
  'R9 attempts as wanted, each one kept': `select e.id, e.attempt, r.retry_max, count(a.attempt) as kept
    from execution e join run r on r.id = e.run_id left join attempt a on a.execution_id = e.id
    group by e.id having e.attempt > r.retry_max or kept <> e.attempt - 1`,
  'R11 counts of a run add up': countsOf('run'),
  'R11 counts of a task add up': countsOf('task'),
}

/** One walk through the executions, whatever their number. */
function countsOf(table: 'run' | 'task'): string {
  const there = EXECUTION_STATES.map((state) => `sum(state = '${state}') as ${columnOf(state)}`).join(', ')
  const wrong = EXECUTION_STATES.map(columnOf).map((name) => `t.${name} <> coalesce(e.${name}, 0)`)
  return `select t.id, e.* from ${table} t
    left join (select ${table}_id as owner, ${there} from execution group by 1) e on e.owner = t.id
    where total <> ${EXECUTION_STATES.map((state) => `t.${columnOf(state)}`).join(' + ')} or ${wrong.join(' or ')}`
}

/** A copy of a server's database, in which one may look for what must never be. */
export class DatabaseCopy implements Disposable {
  readonly #folder: string
  readonly #database: DatabaseSync

  /** Of a server that has ended, however it ended: what it had not yet written into the main file comes along. */
  constructor(serverFolder: string) {
    this.#folder = mkdtempSync(join(serverFolder, 'copy-'))
    for (const name of ['octopus.db', 'octopus.db-wal']) {
      if (existsSync(join(serverFolder, name))) copyFileSync(join(serverFolder, name), join(this.#folder, name))
    }
    this.#database = new DatabaseSync(join(this.#folder, 'octopus.db'))
  }

  rows(sql: string, ...values: readonly (string | number)[]): readonly Record<string, unknown>[] {
    return this.#database.prepare(sql).all(...values)
  }

  /** How many results each hand-over has that has one, applied or late. */
  results(): readonly { readonly execution: string; readonly fence: number; readonly count: number }[] {
    const rows = this.rows(`select execution, fence, count(*) as count from (${RESULTS}) group by 1, 2`)
    return rows.map((row) => ({
      execution: String(row['execution']),
      fence: Number(row['fence']),
      count: Number(row['count']),
    }))
  }

  /** Throws at the first law that is broken, with what breaks it. */
  assertSound(): void {
    assert.deepEqual(
      this.rows('pragma integrity_check').map((row) => row['integrity_check']),
      ['ok'],
    )
    assert.deepEqual(this.rows('pragma foreign_key_check'), [])
    for (const [law, violations] of Object.entries(LAWS)) assert.deepEqual(this.rows(violations).slice(0, 5), [], law)
  }

  [Symbol.dispose](): void {
    this.#database.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
