import type { DatabaseSync } from 'node:sqlite'

/**
 * Pages of the write-ahead log at which whoever writes moves them into the database itself, about 16 MiB. Of the main
 * database a thread beside the writer has moved most of them by then, so that this is short.
 */
const LOG_PAGES_MAX = 4_000

/** As `pragma wal_checkpoint` answers: pages in the log, and how many of them are in the database already. */
interface LogState {
  readonly log: number
  readonly checkpointed: number
}

/**
 * Keeps the write-ahead log of a database short, in place of SQLite's own checkpoints: those say nothing when an fsync
 * fails, and the next one drops the log although the database may not be on the disk.
 */
export class WriteAheadLog {
  readonly #state: () => LogState
  readonly #checkpoint: () => void

  constructor(database: DatabaseSync) {
    database.exec('pragma wal_autocheckpoint = 0')
    const look = database.prepare('pragma wal_checkpoint(noop)')
    const move = database.prepare('pragma wal_checkpoint(passive)')
    this.#state = () => look.get() as unknown as LogState
    this.#checkpoint = () => void move.get()
  }

  /** After every commit, outside of any transaction. Throws what the disk says. */
  tidy(): void {
    const { log, checkpointed } = this.#state()
    // To the last page: only then does the next commit begin the log anew.
    if (log >= LOG_PAGES_MAX && checkpointed < log) this.#checkpoint()
  }

  /** Moves what there is, as far as no reader needs it. Throws what the disk says. */
  checkpoint(): void {
    this.#checkpoint()
  }
}
