/** What node:sqlite throws: the extended result code of SQLite (https://sqlite.org/rescode.html). */
interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR'
  readonly errcode: number
}

/** SQLite's primary result codes that come from disk, memory or other processes, not from the statement. */
const PRIMARY = {
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const

const OUTAGES: ReadonlySet<number> = new Set(Object.values(PRIMARY))

/** SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC. */
const FAILED_SYNCS: ReadonlySet<number> = new Set([10 | (4 << 8), 10 | (5 << 8)])

/** The extended result code, or undefined if SQLite did not throw it. */
export function sqliteCode(error: unknown): number | undefined {
  const maybe = error as Partial<SqliteError> | null
  return maybe?.code === 'ERR_SQLITE_ERROR' ? maybe.errcode : undefined
}

/** Disk, memory or another process: nobody's call is to blame, and the next one may succeed. */
export function isOutage(error: unknown): boolean {
  return OUTAGES.has((sqliteCode(error) ?? 0) & 0xff)
}

/** The file is not what SQLite wrote. */
export function isCorrupt(error: unknown): boolean {
  const primary = (sqliteCode(error) ?? 0) & 0xff
  return primary === PRIMARY.corrupt || primary === PRIMARY.notADatabase
}

export function isBusy(error: unknown): boolean {
  return ((sqliteCode(error) ?? 0) & 0xff) === PRIMARY.busy
}

/** There is no room: for the file itself, or for the memory that SQLite shares beside it (SQLITE_IOERR_SHMSIZE). */
export function isFull(error: unknown): boolean {
  const code = sqliteCode(error) ?? 0
  return (code & 0xff) === PRIMARY.full || code === (PRIMARY.ioError | (19 << 8))
}

export function isIoError(error: unknown): boolean {
  return ((sqliteCode(error) ?? 0) & 0xff) === PRIMARY.ioError
}

/**
 * After a failed fsync nobody knows what is on the disk: the kernel may have dropped the pages and would report success
 * the next time. Only opening the file afresh tells. A file found corrupt must not be written to.
 */
export function isFatal(error: unknown): boolean {
  return FAILED_SYNCS.has(sqliteCode(error) ?? 0) || isCorrupt(error)
}
