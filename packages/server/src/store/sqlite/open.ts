import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'

import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import { StoreRefused } from '#store/store-refused.ts'

import { migrate, readMigrations } from './migrate.ts'
import { isCorrupt } from './outage.ts'

export const MEMORY = ':memory:'

/** Another program (a backup, a person with a shell) may hold the file this long before a call fails. */
const BUSY_MS: Ms = 5_000

/** Pages are checked at the start of the server up to this size, about a second of reading; beyond it only headers are. */
const CHECKED_BYTES_MAX = 268_435_456

/**
 * Pages of the write-ahead log at which the writer itself moves them into the database. A thread beside it has moved
 * most of them by then, so that this is short, and the log stays at about 16 MiB.
 */
const LOG_PAGES_MAX = 4_000

const MAIN = new URL('migrations/', import.meta.url)
const OUTPUT = new URL('output-migrations/', import.meta.url)

const OPTIONS = {
  timeout: BUSY_MS,
  enableForeignKeyConstraints: true,
  enableDoubleQuotedStringLiterals: false,
} as const

/** The database of everything that must never be lost: a commit is on the disk. */
export function openMain(path: string, now: EpochMs): DatabaseSync {
  return openFor(path, (database) => {
    setUp(database, path, 'full')
    database.exec(`pragma wal_autocheckpoint = ${LOG_PAGES_MAX}`)
    checkPages(database, path)
    migrate(database, { migrations: readMigrations(MAIN), now, path })
  })
}

/** The database of output: a power cut may take its last commits, and the client sends them again. */
export function openOutput(path: string, now: EpochMs): DatabaseSync {
  return openFor(path, (database) => {
    setUp(database, path, 'normal')
    migrate(database, { migrations: readMigrations(OUTPUT), now, path })
  })
}

/** A second connection to the main database that cannot write, so that reads never wait for a commit. */
export function openReader(path: string): DatabaseSync {
  return openFor(path, (database) => database.exec('pragma query_only = on'))
}

function openFor(path: string, prepare: (database: DatabaseSync) => void): DatabaseSync {
  const database = new DatabaseSync(path, OPTIONS)
  try {
    prepare(database)
    return database
  } catch (error) {
    database.close()
    if (!isCorrupt(error)) throw error
    throw corrupt(path, (error as Error).message, error)
  }
}

function setUp(database: DatabaseSync, path: string, synchronous: 'full' | 'normal'): void {
  // Counts only before the first page is written; a file that has been made without it keeps its free pages for itself.
  database.exec('pragma auto_vacuum = incremental')
  database.exec(`pragma journal_mode = ${path === MEMORY ? 'memory' : 'wal'}`)
  database.exec(`pragma synchronous = ${synchronous}`)
  database.exec('pragma trusted_schema = off')
  if (path === MEMORY) return
  // A pragma that is not obeyed says nothing (WAL on a network share, say): acknowledgements would be promises of nothing.
  const journal = pragma(database, 'journal_mode')
  const durability = pragma(database, 'synchronous')
  if (journal !== 'wal' || durability !== (synchronous === 'full' ? 2 : 1) || pragma(database, 'foreign_keys') !== 1) {
    throw new StoreRefused(
      'not-durable',
      `${path} cannot be written durably (journal_mode ${String(journal)}, synchronous ${String(durability)}). Put DATA_FOLDER on a local disk: network shares do not work.`,
    )
  }
}

function checkPages(database: DatabaseSync, path: string): void {
  if (
    path === MEMORY ||
    Number(pragma(database, 'page_count')) * Number(pragma(database, 'page_size')) > CHECKED_BYTES_MAX
  )
    return
  const answer = pragma(database, 'quick_check(1)')
  if (answer !== 'ok') throw corrupt(path, String(answer))
}

function pragma(database: DatabaseSync, name: string): SQLOutputValue | undefined {
  return Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0]
}

function corrupt(path: string, finding: string, cause?: unknown): StoreRefused {
  return new StoreRefused(
    'corrupt',
    `The database ${path} is damaged (${finding}). Nothing was changed. Put the folder aside and restore the last backup.`,
    { cause },
  )
}
