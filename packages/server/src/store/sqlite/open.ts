import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'

import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import { StoreRefused } from '#store/store-refused.ts'

import { migrate, readMigrations } from './migrate.ts'
import { isCorrupt, isFull, isIoError } from './outage.ts'

export const MEMORY = ':memory:'

/** Another program (a backup, a person with a shell) may hold the file this long before a call fails. */
const BUSY_MS: Ms = 5_000

/** Pages are checked at the start of the server up to this size, about a second of reading; beyond it only headers are. */
const CHECKED_BYTES_MAX = 268_435_456

const MAIN = new URL('migrations/', import.meta.url)
const OUTPUT = new URL('output-migrations/', import.meta.url)

const MAIN_REMEDY = 'Put the folder aside and restore the last backup.'
const OUTPUT_REMEDY =
  'Restore the last backup, or move this file and its -wal and -shm files aside: it holds output alone, and a new one is made.'

const OPTIONS = {
  timeout: BUSY_MS,
  enableForeignKeyConstraints: true,
  enableDoubleQuotedStringLiterals: false,
} as const

/** The database of everything that must never be lost: a commit is on the disk. */
export function openMain(path: string, now: EpochMs): DatabaseSync {
  return openFor(path, (database) => {
    setUp(database, path, 'full')
    settleLog(database)
    checkPages(database, path)
    migrate(database, { migrations: readMigrations(MAIN), now, path })
  })
}

/** The database of output: a power cut may take its last commits, and the client sends them again. */
export function openOutput(path: string, now: EpochMs): DatabaseSync {
  const prepare = (database: DatabaseSync): void => {
    setUp(database, path, 'normal')
    migrate(database, { migrations: readMigrations(OUTPUT), now, path })
  }
  return openFor(path, prepare, OUTPUT_REMEDY)
}

/** A second connection to the main database that cannot write, so that reads never wait for a commit. */
export function openReader(path: string): DatabaseSync {
  return openFor(path, (database) => database.exec('pragma query_only = on'))
}

function openFor(path: string, prepare: (database: DatabaseSync) => void, remedy?: string): DatabaseSync {
  const database = new DatabaseSync(path, OPTIONS)
  try {
    prepare(database)
    return database
  } catch (error) {
    database.close()
    throw refusalFor(path, error, remedy)
  }
}

/** What a person can mend is refused in words; anything else is a bug and shows where. */
function refusalFor(path: string, error: unknown, remedy?: string): unknown {
  const message = (error as Error).message
  if (isCorrupt(error)) return corrupt(path, message, { cause: error, remedy })
  const next = 'Nothing was changed. '
  if (isFull(error)) {
    const room = 'Make room on its disk, and start again.'
    return new StoreRefused('disk', `There is no room to open ${path}. ${next}${room}`, { cause: error })
  }
  if (isIoError(error)) {
    const look = 'Look at its disk (the system log names what failed), and start again.'
    return new StoreRefused('disk', `${path} could not be read or written (${message}). ${next}${look}`, {
      cause: error,
    })
  }
  return error
}

/**
 * Moves what the last life left in the log into the database. A log is left by a crash or by a failed fsync, after
 * which it may be in the system's memory and not on the disk: here it is written anew, and synced. For want of room it
 * stays what it is.
 */
function settleLog(database: DatabaseSync): void {
  try {
    database.exec('pragma wal_checkpoint(truncate)')
  } catch (error) {
    if (!isFull(error)) throw error
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

function corrupt(
  path: string,
  finding: string,
  { cause, remedy = MAIN_REMEDY }: { readonly cause?: unknown; readonly remedy?: string | undefined } = {},
): StoreRefused {
  return new StoreRefused('corrupt', `The database ${path} is damaged (${finding}). Nothing was changed. ${remedy}`, {
    cause,
  })
}
