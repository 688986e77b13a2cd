import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { openMemoryDatabases } from './local-store.ts'

/** Every column that takes no default and no null, filled with something that its checks accept. */
function insertInto(table: string, values: Readonly<Record<string, string | number>>) {
  const { main } = openMemoryDatabases(0)
  main.exec('pragma foreign_keys = off')
  const columns = main.prepare(`pragma table_info(${table})`).all() as unknown as readonly {
    readonly name: string
    readonly type: string
    readonly notnull: 0 | 1
    readonly dflt_value: string | null
  }[]
  const needed = columns.filter(({ name, notnull, dflt_value }) => name in values || (notnull && dflt_value === null))
  const names = needed.map(({ name }) => name)
  const insert = main.prepare(`insert into ${table} (${names.join()}) values (${names.map(() => '?').join()})`)
  return (changes: Readonly<Record<string, string | number>>): void => {
    const row: Readonly<Record<string, string | number>> = { ...values, ...changes }
    insert.run(...needed.map(({ name, type }) => row[name] ?? (type.toLowerCase() === 'text' ? 'x' : 0)))
  }
}

describe('the tables themselves, whatever the statements above them do,', () => {
  it('hold one run for each occurrence of a task', () => {
    const key = { task_id: 't', occurrence: '5' }
    const insert = insertInto('run', { ...key, cause_kind: 'schedule', status: 'active', slot_kind: 'any' })
    insert({ id: 'a' })
    insert({ id: 'b', occurrence: '6' })
    assert.throws(() => insert({ id: 'c' }), /UNIQUE constraint failed: run\.task_id, run\.occurrence/)
  })

  it('hold one execution for each slot of a run', () => {
    const key = { run_id: 'r', slot_kind: 'client', slot_value: 'pc' }
    const insert = insertInto('execution', { ...key, state: 'queued' })
    insert({ id: 'a' })
    insert({ id: 'b', slot_value: 'other' })
    assert.throws(() => insert({ id: 'c' }), /UNIQUE constraint failed: execution\.run_id/)
  })

  it('hold one late result for each hand-over, and one ended attempt of each number', () => {
    const late = insertInto('late_result', { execution_id: 'e', fence: 1, ending: 'failed' })
    late({})
    late({ fence: 2 })
    assert.throws(() => late({}), /UNIQUE constraint failed: late_result\.execution_id, late_result\.fence/)
    const attempt = insertInto('attempt', { execution_id: 'e', attempt: 1, ending: 'failed' })
    attempt({})
    attempt({ attempt: 2 })
    assert.throws(() => attempt({}), /UNIQUE constraint failed: attempt\.execution_id, attempt\.attempt/)
  })
})
