import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

import { migrate, readMigrations } from './migrate.ts'

const folder = mkdtempSync(join(tmpdir(), 'octopus-migrate-'))
after(() => rmSync(folder, { recursive: true }))

const first = { number: 1, name: '0001_start', sql: 'create table one (a integer) strict;' }
const second = { number: 2, name: '0002_more', sql: 'create table two (a integer) strict;' }

function tablesOf(database: DatabaseSync): readonly unknown[] {
  return database
    .prepare("select name from sqlite_schema where type = 'table' order by name")
    .all()
    .map((row) => row['name'])
}

describe('migrations', () => {
  it('run once each, in order, and are written down', () => {
    const database = new DatabaseSync(':memory:')
    migrate(database, { migrations: [first], now: 10, path: 'x' })
    migrate(database, { migrations: [first, second], now: 20, path: 'x' })
    const ledger = database.prepare('select number, name, applied_at from migration order by number').all()
    assert.deepEqual(
      ledger.map((row) => ({ ...row })),
      [
        { number: 1, name: '0001_start', applied_at: 10 },
        { number: 2, name: '0002_more', applied_at: 20 },
      ],
    )
    assert.deepEqual(tablesOf(database), ['migration', 'one', 'two'])
  })

  it('leave nothing behind of a step that fails', () => {
    const database = new DatabaseSync(':memory:')
    const broken = { ...second, sql: `${second.sql} insert into nowhere values (1);` }
    assert.throws(() => migrate(database, { migrations: [first, broken], now: 10, path: 'x' }), /nowhere/)
    assert.deepEqual(tablesOf(database), ['migration', 'one'])
    migrate(database, { migrations: [first, second], now: 20, path: 'x' })
    assert.deepEqual(tablesOf(database), ['migration', 'one', 'two'])
  })

  it('go on after the process was killed in the middle of one', () => {
    const path = join(folder, 'killed.db')
    const program = fileURLToPath(new URL('testing/die-in-migration.ts', import.meta.url))
    const { signal } = spawnSync(process.execPath, [program, path])
    assert.equal(signal, 'SIGKILL')
    const database = new DatabaseSync(path)
    assert.deepEqual(tablesOf(database), ['migration', 'one'])
    migrate(database, { migrations: [first, second], now: 20, path })
    assert.deepEqual(tablesOf(database), ['migration', 'one', 'two'])
    database.close()
  })

  it('refuse a database that a newer Octopus has written, naming both versions', () => {
    const database = new DatabaseSync(':memory:')
    migrate(database, { migrations: [first, second], now: 10, path: 'x' })
    const old = { migrations: [first], now: 20, path: '/data/octopus.db' }
    assert.throws(() => migrate(database, old), {
      name: 'StoreRefused',
      reason: 'newer',
      message: /\/data\/octopus\.db has version 2; this Octopus knows versions up to 1/,
    })
  })

  it('that two branches brought in the wrong order are both run', () => {
    const database = new DatabaseSync(':memory:')
    const third = { number: 3, name: '0003_late', sql: 'create table three (a integer) strict;' }
    migrate(database, { migrations: [first, third], now: 10, path: 'x' })
    migrate(database, { migrations: [first, second, third], now: 20, path: 'x' })
    assert.deepEqual(tablesOf(database), ['migration', 'one', 'three', 'two'])
  })

  it('of this program are numbered, each number once', () => {
    assert.ok(readMigrations(new URL('migrations/', import.meta.url)).length >= 1)
    assert.ok(readMigrations(new URL('output-migrations/', import.meta.url)).length >= 1)
  })
})
