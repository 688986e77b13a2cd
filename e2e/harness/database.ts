import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { EXECUTION_STATES } from '@octopus/protocol/work.ts'

const columnOf = (state: string): string => state.replace('-', '_')
const SUM = EXECUTION_STATES.map(columnOf).join(' + ')

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
  ...Object.fromEntries(
    ['run', 'task'].flatMap((table) => [
      [`R11 counts of a ${table} add up`, `select id, total from ${table} where total <> ${SUM}`],
      ...EXECUTION_STATES.map((state) => [
        `R11 ${state} of a ${table}`,
        `select t.id, t.${columnOf(state)} as said, count(e.id) as there from ${table} t
          left join execution e on e.${table}_id = t.id and e.state = '${state}' group by t.id having said <> there`,
      ]),
    ]),
  ),
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
