import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

import { must } from '@octopus/kit/assert.ts'
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

/**
 * Brings a database to the newest schema. Each step and its row in the ledger are one transaction, so that a kill at
 * any instant leaves a database from which the next start goes on.
 */
export function migrate(
  database: DatabaseSync,
  steps: { readonly migrations: readonly Migration[]; readonly now: EpochMs; readonly path: string },
): void {
  const known = steps.migrations.at(-1)?.number ?? 0
  const applied = appliedTo(database)
  const found = Math.max(0, ...applied)
  if (found > known) {
    throw new StoreRefused(
      'newer',
      `The database ${steps.path} has version ${found}; this Octopus knows versions up to ${known}. Start the newer Octopus that wrote it, or restore a backup of before its upgrade.`,
    )
  }
  for (const { number, name, sql } of steps.migrations) {
    if (applied.has(number)) continue
    database.exec('begin immediate')
    try {
      database.exec(
        'create table if not exists migration (number integer primary key, name text not null, applied_at integer not null) strict',
      )
      database.prepare('insert into migration (number, name, applied_at) values (?, ?, ?)').run(number, name, steps.now)
      database.exec(sql)
      database.exec('commit')
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      throw error
    }
  }
}

function appliedTo(database: DatabaseSync): ReadonlySet<number> {
  const ledger = database.prepare("select 1 from sqlite_schema where type = 'table' and name = 'migration'").get()
  if (!ledger) return new Set()
  return new Set(
    database
      .prepare('select number from migration')
      .all()
      .map((row) => Number(row['number'])),
  )
}
