import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'

import type { Clock } from './clock.ts'
import type { Log, LogFields } from './log.ts'

/** A log file beyond this is closed and a new one begun. */
const FILE_BYTES_MAX = 10 * 1_048_576
/** Older files that are kept: `….log.1` is the newest of them. */
const OLD_FILES_MAX = 4
/** Longer texts in a line are cut: an event is for reading. */
const TEXT_CHARACTERS_MAX = 4_000

export interface JsonLog extends Log, Disposable {}

/**
 * One JSON line per event, to standard output and to a file in the folder, rotated by size. What the file cannot take (a
 * full disk) is printed all the same, and counted: the first line that fits again says how many are missing.
 */
export function openJsonLog(options: {
  readonly clock: Pick<Clock, 'wall'>
  readonly folder: string
  /** `client.log` */
  readonly name: string
  readonly print: (line: string) => void
  readonly fileBytesMax?: number
  /** Writes to the file, answering how many bytes it took. Tests make it fail. */
  readonly writeBytes?: typeof writeSync
}): JsonLog {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  const file = new RotatingFile(`${options.folder}/${options.name}`, {
    bytesMax: options.fileBytesMax ?? FILE_BYTES_MAX,
    write: options.writeBytes ?? writeSync,
  })
  let missing = 0
  const lineOf = (level: keyof Log, event: string, fields: LogFields): string => {
    const at = Temporal.Instant.fromEpochMilliseconds(options.clock.wall()).toString()
    return `${JSON.stringify({ at, level, event, ...fields }, shortened)}\n`
  }
  const write =
    (level: keyof Log) =>
    (event: string, fields: LogFields = {}): void => {
      const line = lineOf(level, event, fields)
      options.print(line)
      const before = missing === 0 ? '' : lineOf('warn', 'log-lines-missing', { lines: missing })
      missing = file.append(before + line) ? 0 : missing + 1
    }
  return {
    debug: () => {},
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    [Symbol.dispose]: () => file.close(),
  }
}

/** A file that is moved aside when it is full. Never throws: a log that cannot be written must not stop the program. */
class RotatingFile {
  readonly #path: string
  readonly #bytesMax: number
  readonly #write: typeof writeSync
  #file: number | undefined
  #bytes = 0
  /** The last line was taken in part: the next one begins on a line of its own. */
  #torn = false

  constructor(path: string, { bytesMax, write }: { readonly bytesMax: number; readonly write: typeof writeSync }) {
    this.#path = path
    this.#bytesMax = bytesMax
    this.#write = write
    this.#open()
  }

  /** False: the file has not taken all of it. */
  append(text: string): boolean {
    try {
      const bytes = Buffer.from(this.#torn ? `\n${text}` : text)
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#bytesMax) this.#rotate()
      const file = this.#file ?? this.#open()
      let taken = 0
      while (taken < bytes.length) {
        const more = this.#write(file, bytes, taken)
        taken += more
        this.#bytes += more
        this.#torn = true
      }
      this.#torn = false
      return true
    } catch {
      return false
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  #rotate(): void {
    this.close()
    for (let n = OLD_FILES_MAX; n >= 1; n--)
      moveIfThere(n === 1 ? this.#path : `${this.#path}.${n - 1}`, `${this.#path}.${n}`)
    // From here on the new file counts: if it cannot be made now, it is made later, and nothing is moved once more.
    this.#bytes = 0
    this.#torn = false
  }

  #open(): number {
    const file = openSync(this.#path, 'a', 0o600)
    this.#file = file
    this.#bytes = fstatSync(file).size
    return file
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch {
    // There is none yet.
  }
}

function shortened(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= TEXT_CHARACTERS_MAX) return value
  return `${value.slice(0, TEXT_CHARACTERS_MAX)}… (${value.length} characters)`
}
