import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/**
 * Holds the state folder for this process alone. The lock is the operating system's, taken by SQLite on a small file:
 * it works alike on Linux, macOS and Windows, ends with the process however it dies, and needs no port, no process id
 * and no guess whether an old lock file is still true.
 */
export function lockStateFolder(folder: string): Disposable {
  const path = `${folder}/lock`
  makeLockFile(path)
  const database = new DatabaseSync(path)
  try {
    database.exec('pragma busy_timeout = 0; begin exclusive')
  } catch {
    database.close()
    throw new Error(`Another octopus client already runs on ${folder}. Stop it, or give this one another DATA_FOLDER.`)
  }
  return { [Symbol.dispose]: () => database.close() }
}

/**
 * Private: who can open it can hold it, and SQLite would make it with the account's usual mode. One that exists is not
 * opened, since closing it again would take away the lock that this process may have on it.
 */
function makeLockFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
