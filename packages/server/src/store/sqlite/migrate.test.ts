import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

import { checksumOf, migrate, readMigrations } from './migrate.ts'

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
    const ledger = database.prepare('select number, name, checksum, applied_at from migration order by number').all()
    assert.deepEqual(
      ledger.map((row) => ({ ...row })),
      [
        { number: 1, name: '0001_start', checksum: checksumOf(first), applied_at: 10 },
        { number: 2, name: '0002_more', checksum: checksumOf(second), applied_at: 20 },
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

  it('refuse a database that was made with another text of a step, naming both checksums and what to do', () => {
    const database = new DatabaseSync(':memory:')
    migrate(database, { migrations: [first, second], now: 10, path: 'x' })
    const edited = { ...second, sql: 'create table two (a integer, b integer) strict;' }
    const third = { number: 3, name: '0003_late', sql: 'create table three (a integer) strict;' }
    const changed = { migrations: [first, edited, third], now: 20, path: '/data/octopus.db' }
    assert.throws(
      () => migrate(database, changed),
      ({ name, reason, message }: Record<string, string>) => {
        assert.deepEqual([name, reason], ['StoreRefused', 'other-schema'])
        for (const part of ['/data/octopus.db', '0002_more', 'DATA_FOLDER']) assert.match(message ?? '', RegExp(part))
        for (const step of [second, edited]) assert.match(message ?? '', RegExp(checksumOf(step).slice(0, 12)))
        return true
      },
    )
    assert.deepEqual(tablesOf(database), ['migration', 'one', 'two'])
  })

  it('take a ledger of before checksums were kept if its tables are the same, else refuse it', () => {
    const older = new DatabaseSync(':memory:')
    older.exec('create table migration (number integer primary key, name text not null, applied_at integer not null)')
    older.exec(`insert into migration values (1, '0001_start', 5); ${first.sql}`)
    migrate(older, { migrations: [first, second], now: 20, path: 'x' })
    assert.deepEqual(
      older
        .prepare('select checksum from migration order by number')
        .all()
        .map((row) => row['checksum']),
      [checksumOf(first), checksumOf(second)],
    )
    const other = new DatabaseSync(':memory:')
    other.exec('create table migration (number integer primary key, name text not null, applied_at integer not null)')
    other.exec("insert into migration values (1, '0001_start', 5); create table one (b integer) strict;")
    for (let start = 0; start < 2; start++)
      assert.throws(() => migrate(other, { migrations: [first], now: 20, path: 'x' }), { reason: 'other-schema' })
  })

  it('that two branches brought in the wrong order are both run', () => {
    const database = new DatabaseSync(':memory:')
    const third = { number: 3, name: '0003_late', sql: 'create table three (a integer) strict;' }
    migrate(database, { migrations: [first, third], now: 10, path: 'x' })
    migrate(database, { migrations: [first, second, third], now: 20, path: 'x' })
    assert.deepEqual(tablesOf(database), ['migration', 'one', 'three', 'two'])
  })

  it('of this program are as they were when they were committed', () => {
    const found = ['migrations', 'output-migrations'].flatMap((name) =>
      readMigrations(new URL(`${name}/`, import.meta.url)).map(
        (step) => `${checksumOf(step)}  ${name}/${step.name}.sql`,
      ),
    )
    const listed = readFileSync(new URL('migrations.sha256', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n')
    assert.deepEqual(
      found,
      listed,
      `A step that somebody has run must stay as it is: stores that have it would be refused. Undo the change and add a file with the next number instead; a new file is one more line of migrations.sha256 (sha256sum */*.sql).`,
    )
  })

  it('of this program are numbered, each number once', () => {
    assert.ok(readMigrations(new URL('migrations/', import.meta.url)).length >= 1)
    assert.ok(readMigrations(new URL('output-migrations/', import.meta.url)).length >= 1)
  })
})
