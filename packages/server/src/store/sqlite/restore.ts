import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

import type { EpochMs } from '@octopus/kit/clock.ts'

import { highestFence } from '#store/sqlite/verbs/future-fence.ts'

import { type BackupHead, syncFolder } from './backup.ts'
import { filesIn, lockFolder } from './folder.ts'
import type { LocalDatabases } from './local-store.ts'
import { openMain, openOutput } from './open.ts'
import { unpackBackup } from './unpack-backup.ts'

/** A restore that is under way: the databases are open beside the old ones, which are still in their place. */
export interface Restore {
  readonly head: BackupHead
  /** The highest fence that the store knows which is replaced; 0: there is none, or it cannot be read. */
  readonly replacedFence: number
  readonly databases: LocalDatabases
  /** Puts the new files in place; the old ones are moved aside, and where is answered (null: there were none). */
  finish(): string | null
  /** Leaves everything as it was. */
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
  const { restoring } = filesIn(folder)
  const discard = (): void => rmSync(restoring, { recursive: true, force: true })
  // Left by a restore that was interrupted while it moved files: then its files are still needed until this one's are.
  const wasInterrupted = existsSync(restoring)
  const work = wasInterrupted ? join(restoring, 'again') : restoring
  try {
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { mode: 0o700 })
    const head = unpackBackup(file, work)
    const paths = filesIn(work)
    const main = openMain(paths.main, now)
    const output = openOutput(paths.output, now)
    let isOpen = true
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
      finish: () => {
        // The last connection that closes moves the log into the file.
        close()
        const aside = moveAside(folder, now)
        for (const name of ['output.db', 'octopus.db']) renameSync(join(work, name), join(folder, name))
        syncFolder(folder)
        discard()
        lock.release()
        return aside
      },
      abandon: () => {
        close()
        if (!wasInterrupted) discard()
        lock.release()
      },
    }
  } catch (error) {
    if (!wasInterrupted) discard()
    lock.release()
    throw error
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
  const aside = join(folder, `replaced-${stamp}`)
  mkdirSync(aside, { recursive: true, mode: 0o700 })
  for (const name of there) renameSync(join(folder, name), join(aside, name))
  return aside
}
