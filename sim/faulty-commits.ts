import type { LocalDatabases } from '@octopus/server/store/sqlite/local-store.ts'

type DatabaseSync = LocalDatabases['main']

/** How the next commit goes wrong. */
export type CommitFault =
  /** Nothing is written, and the disk works again. */
  | 'fails'
  /** The fsync failed: nothing was written this time, but nobody can know that. */
  | 'is in doubt and was not'
  /** The fsync failed, and all of it was written. */
  | 'is in doubt and was'

const SQLITE_FULL = 13
const SQLITE_IOERR_FSYNC = 10 | (4 << 8)

/** A database of which single commits fail, as a disk fails. */
export class FaultyCommits {
  #next: CommitFault | undefined
  /** How often nothing was written, and the server went on. */
  failed = 0
  #over = new WeakMap<DatabaseSync, DatabaseSync>()

  break(fault: CommitFault): void {
    this.#next = fault
  }

  /** The same database, whose next `commit` of a batch that may write fails when it was told to. */
  over(database: DatabaseSync): DatabaseSync {
    const known = this.#over.get(database)
    if (known) return known
    const begin = database.prepare('begin immediate')
    const commit = database.prepare('commit')
    let isWrite = false
    const noted = {
      run: () => {
        isWrite = true
        return begin.run()
      },
    }
    const faulty = {
      run: () => {
        const fault = isWrite ? this.#next : undefined
        isWrite = false
        if (fault === undefined) return commit.run()
        this.#next = undefined
        if (fault === 'fails') this.failed += 1
        if (fault === 'is in doubt and was') commit.run()
        throw sqliteError(fault === 'fails' ? SQLITE_FULL : SQLITE_IOERR_FSYNC)
      },
    }
    const proxy = new Proxy(database, {
      get: (target, name) => {
        if (name === 'prepare') {
          return (sql: string) => (sql === 'commit' ? faulty : sql === 'begin immediate' ? noted : target.prepare(sql))
        }
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    this.#over.set(database, proxy)
    return proxy
  }
}

function sqliteError(errcode: number): Error {
  return Object.assign(new Error('simulated'), { code: 'ERR_SQLITE_ERROR', errcode })
}
