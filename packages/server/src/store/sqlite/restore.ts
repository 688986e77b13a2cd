import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

import type { EpochMs } from '@octopus/kit/clock.ts'

import { highestFence } from '#store/sqlite/verbs/future-fence.ts'
import { StoreRefused } from '#store/store-refused.ts'

import { type BackupHead, syncFolder } from './backup.ts'
import { filesIn, lockFolder, type StoreFiles } from './folder.ts'
import type { LocalDatabases } from './local-store.ts'
import { openMain, openOutput } from './open.ts'
import { unpackBackup } from './unpack-backup.ts'

/** A restore that is under way: the databases are open beside the old ones, which are still in their place. */
export interface Restore {
  readonly head: BackupHead
  /** The highest fence that the store knows which is replaced; 0: there is none, or it cannot be read. */
  readonly replacedFence: number
  readonly databases: LocalDatabases
  /** Of these databases, before they are in their place. */
  readonly files: Pick<StoreFiles, 'main' | 'output'>
  /** Puts the new files in place; the old ones are moved aside, and where is answered (null: there were none). */
  finish(): string | null
  /** Leaves everything as it was, or as far as `finish` came: then no server starts before a restore has finished. */
  abandon(): void
}

const FILES = ['octopus.db', 'octopus.db-wal', 'octopus.db-shm', 'output.db', 'output.db-wal', 'output.db-shm'] as const

/** Unpacks and opens a backup inside a data folder that no server uses. Refuses with a sentence; then nothing was changed. */
export function beginRestore({
  folder,
  file,
  now,
}: {
  readonly folder: string
  readonly file: string
  readonly now: EpochMs
}): Restore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lock = lockFolder(folder)
  // Beside the mark: a restore that is killed before it moves anything keeps no server from starting.
  const work = join(folder, 'restoring.new')
  const discard = (): void => rmSync(work, { recursive: true, force: true })
  try {
    discard()
    mkdirSync(work, { mode: 0o700 })
    const head = unpackBackup(file, work)
    const files = filesIn(work)
    const main = openMain(files.main, now)
    const output = openOutput(files.output, now)
    let isOpen = true
    let isMoving = false
    const close = (): void => {
      if (!isOpen) return
      isOpen = false
      main.close()
      output.close()
    }
    return {
      head,
      replacedFence: readFence(filesIn(folder).main),
      databases: { main, output, close },
      files,
      finish: () => {
        settle(main, files.main)
        settle(output, files.output)
        close()
        isMoving = true
        const aside = putInPlace(folder, work, now)
        lock.release()
        return aside
      },
      abandon: () => {
        close()
        // From the first move on these files belong to the store, and only the mark says that it is not whole.
        if (!isMoving) discard()
        lock.release()
      },
    }
  } catch (error) {
    discard()
    lock.release()
    throw error
  }
}

/**
 * Moves the log into the file, which goes into its place without it. The last connection that closes does so as well,
 * but says nothing if it cannot.
 */
function settle(database: DatabaseSync, path: string): void {
  let why = 'it is in use by another program'
  try {
    const { busy } = database.prepare('pragma wal_checkpoint(truncate)').get() as { readonly busy: number }
    if (busy === 0) return
  } catch (error) {
    why = (error as Error).message
  }
  throw new StoreRefused(
    'no-backup',
    `The log of ${path} could not be moved into it (${why}). Nothing was changed. Look at its disk, make room if it is full, and run "octopus restore" again.`,
  )
}

/** Once the first file may have been moved, a mark that a restore alone removes keeps every server from starting. */
function putInPlace(folder: string, work: string, now: EpochMs): string | null {
  const { restoring } = filesIn(folder)
  try {
    mkdirSync(restoring, { recursive: true, mode: 0o700 })
    syncFolder(folder)
    const aside = moveAside(folder, now)
    for (const name of ['output.db', 'octopus.db']) renameSync(join(work, name), join(folder, name))
    syncFolder(folder)
    rmSync(work, { recursive: true, force: true })
    rmSync(restoring, { recursive: true, force: true })
    return aside
  } catch (error) {
    throw new StoreRefused(
      'no-backup',
      `The restore into ${folder} stopped while it moved files (${(error as Error).message}). What was there before is in it and in its folders named "replaced-"; no server starts with it as it is. Run "octopus restore" again.`,
      { cause: error },
    )
  }
}

/** A store that is damaged is a reason to restore; the clock makes up for what it does not say. */
function readFence(path: string): number {
  if (!existsSync(path)) return 0
  let database: DatabaseSync | undefined
  try {
    const opened = (database = new DatabaseSync(path))
    return highestFence({
      get: <R>(sql: string, ...values: SQLInputValue[]) => opened.prepare(sql).get(...values) as R | undefined,
    })
  } catch {
    return 0
  } finally {
    database?.close()
  }
}

function moveAside(folder: string, now: EpochMs): string | null {
  const there = FILES.filter((name) => existsSync(join(folder, name)))
  if (there.length === 0) return null
  const stamp = Temporal.Instant.fromEpochMilliseconds(now).toString({ smallestUnit: 'second' }).replaceAll(':', '-')
  const aside = newFolder(join(folder, `replaced-${stamp}`))
  for (const name of there) renameSync(join(folder, name), join(aside, name))
  return aside
}

/** A second restore within a second must not move its files over those of the first. */
function newFolder(path: string): string {
  for (let n = 1; ; n++) {
    const named = n === 1 ? path : `${path}-${n}`
    if (existsSync(named)) continue
    mkdirSync(named, { mode: 0o700 })
    return named
  }
}
