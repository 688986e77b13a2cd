import { accessSync, chmodSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { StoreRefused } from '#store/store-refused.ts'

import { isBusy } from './outage.ts'

/** Files of a data folder. */
export interface StoreFiles {
  readonly main: string
  readonly output: string
  readonly lock: string
  /** There while a backup is restored. */
  readonly restoring: string
}

export function filesIn(folder: string): StoreFiles {
  return {
    main: join(folder, 'octopus.db'),
    output: join(folder, 'output.db'),
    lock: join(folder, 'octopus.lock'),
    restoring: join(folder, 'restoring'),
  }
}

/**
 * Makes the folder (0700) and the files (0600) where they are missing. A folder that exists keeps its mode, since it
 * may hold other things (somebody sets `DATA_FOLDER=/tmp`), but the files in it are closed to others in any case.
 */
export function prepareFolder(folder: string): StoreFiles {
  const files = filesIn(folder)
  if (existsSync(files.restoring)) {
    throw new StoreRefused(
      'no-backup',
      `A restore into ${folder} was interrupted: its files are not all in place. Run "octopus restore" again.`,
    )
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    for (const path of [files.main, files.output, files.lock]) makePrivate(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StoreRefused(
      'not-writable',
      `The data folder ${folder} cannot be used (${code}). Let the account that runs Octopus read and write it, or set DATA_FOLDER to another folder.`,
      { cause: error },
    )
  }
  return files
}

/** SQLite gives its journals the mode of the database file. */
function makePrivate(path: string): void {
  try {
    // Never opens a file that exists: closing it again would take away the locks which this process has on it.
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
    accessSync(path, constants.R_OK | constants.W_OK)
  }
}

/** Holds the folder until it is released or the process ends, however it ends: the kernel frees the lock. */
export interface FolderLock {
  release(): void
}

/**
 * Two servers on one folder would each believe that they alone hand out work. A lock file with a process id lies after
 * a crash; a lock of the kernel does not.
 */
export function lockFolder(folder: string): FolderLock {
  const database = new DatabaseSync(filesIn(folder).lock, { timeout: 0 })
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    if (!isBusy(error)) throw error
    throw new StoreRefused(
      'locked',
      `Another Octopus server is using the data folder ${folder}. Stop it first, or set DATA_FOLDER to another folder.`,
      { cause: error },
    )
  }
  return { release: () => database.close() }
}
