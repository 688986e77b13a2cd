import { readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { must } from '@octopus/kit/assert.ts'
import { sha256Hex } from '@octopus/kit/checksum.ts'
import type { EpochMs } from '@octopus/kit/clock.ts'

import { StoreRefused } from '#store/store-refused.ts'

/** One step of the schema. Steps are never changed once released: a mistake is mended by the next one. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

const FILE_NAME = /^(?<number>[0-9]{4})_[a-z0-9_]+\.sql$/

/** The migrations of a folder, in order: `0001_start.sql`, `0002_…`. A number may be missing, none stands twice. */
export function readMigrations(folder: URL): readonly Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  const migrations = files.sort().map((file) => {
    const number = Number(FILE_NAME.exec(file)?.groups?.['number'])
    return { number, name: file.slice(0, -'.sql'.length), sql: readFileSync(new URL(file, folder), 'utf8') }
  })
  migrations.forEach(({ number, name }, index) =>
    must(number > (migrations[index - 1]?.number ?? 0), `migration ${name} is out of order`),
  )
  return migrations
}

/** Of the text of a step, as the ledger keeps it. */
export function checksumOf({ sql }: Migration): string {
  return sha256Hex(sql)
}

/**
 * Brings a database to the newest schema. Each step and its row in the ledger are one transaction, so that a kill at
 * any instant leaves a database from which the next start goes on.
 */
export function migrate(
  database: DatabaseSync,
  steps: { readonly migrations: readonly Migration[]; readonly now: EpochMs; readonly path: string },
): void {
  const known = steps.migrations.at(-1)?.number ?? 0
  const ledger = readLedger(database, steps.migrations)
  const found = Math.max(0, ...ledger.keys())
  if (found > known) {
    throw new StoreRefused(
      'newer',
      `The database ${steps.path} has version ${found}; this Octopus knows versions up to ${known}. Start the newer Octopus that wrote it, or restore a backup of before its upgrade.`,
    )
  }
  for (const step of steps.migrations) {
    const applied = ledger.get(step.number)
    if (applied !== undefined && applied !== checksumOf(step)) throw otherStep(steps.path, step, applied)
  }
  for (const step of steps.migrations) {
    if (ledger.has(step.number)) continue
    database.exec('begin immediate')
    try {
      database.exec(LEDGER)
      database
        .prepare('insert into migration (number, name, checksum, applied_at) values (?, ?, ?, ?)')
        .run(step.number, step.name, checksumOf(step), steps.now)
      database.exec(step.sql)
      database.exec('commit')
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      throw error
    }
  }
}

const LEDGER = `create table if not exists migration (
  number integer primary key, name text not null, checksum text not null, applied_at integer not null
) strict`

/** Numbers of the steps that were run, and the checksums that they had then. */
function readLedger(database: DatabaseSync, migrations: readonly Migration[]): ReadonlyMap<number, string> {
  const columns = database.prepare("select name from pragma_table_info('migration')").all()
  if (columns.length === 0) return new Map()
  if (!columns.some(({ name }) => name === 'checksum')) addChecksums(database, migrations)
  const rows = database.prepare('select number, checksum from migration').all()
  return new Map(rows.map((row) => [Number(row['number']), String(row['checksum'])]))
}

/** A ledger of before checksums were kept: they are taken as ours if our steps make exactly the tables that are there. */
function addChecksums(database: DatabaseSync, migrations: readonly Migration[]): void {
  const applied = new Set(
    database
      .prepare('select number from migration')
      .all()
      .map((row) => Number(row['number'])),
  )
  const same = migrations.filter(({ number }) => applied.has(number))
  const ours = new DatabaseSync(':memory:')
  for (const { sql } of same) ours.exec(sql)
  const isOurs = JSON.stringify(schemaOf(ours)) === JSON.stringify(schemaOf(database))
  ours.close()
  database.exec('begin immediate')
  database.exec("alter table migration add column checksum text not null default 'unknown'")
  const keep = database.prepare('update migration set checksum = ? where number = ?')
  if (isOurs) for (const step of same) keep.run(checksumOf(step), step.number)
  database.exec('commit')
}

function schemaOf(database: DatabaseSync): readonly unknown[] {
  return database
    .prepare("select name, sql from sqlite_schema where name <> 'migration' and sql is not null order by name")
    .all()
}

/** Going on would meet tables that this program does not expect, at some later hour, with a server error. */
function otherStep(path: string, step: Migration, applied: string): StoreRefused {
  return new StoreRefused(
    'other-schema',
    `The database ${path} was made with another text of ${step.name} (SHA-256 ${shown(applied)}; this Octopus has ${shown(checksumOf(step))}). Start the Octopus that made it, or set DATA_FOLDER to a new folder.`,
  )
}

function shown(checksum: string): string {
  return checksum.slice(0, 12)
}
