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

/** One JSON line per event, to standard output and to a file in the folder, rotated by size. */
export function openJsonLog(options: {
  readonly clock: Pick<Clock, 'wall'>
  readonly folder: string
  /** `client.log` */
  readonly name: string
  readonly print: (line: string) => void
  readonly fileBytesMax?: number
}): JsonLog {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  const path = `${options.folder}/${options.name}`
  let file: number | undefined = openSync(path, 'a', 0o600)
  let bytes = fstatSync(file).size

  const rotate = (): void => {
    if (file !== undefined) closeSync(file)
    file = undefined
    for (let n = OLD_FILES_MAX; n >= 1; n--) moveIfThere(n === 1 ? path : `${path}.${n - 1}`, `${path}.${n}`)
    file = openSync(path, 'a', 0o600)
    bytes = 0
  }
  const write =
    (level: keyof Log) =>
    (event: string, fields: LogFields = {}): void => {
      const at = Temporal.Instant.fromEpochMilliseconds(options.clock.wall()).toString()
      const line = `${JSON.stringify({ at, level, event, ...fields }, shortened)}\n`
      options.print(line)
      try {
        if (bytes + line.length > (options.fileBytesMax ?? FILE_BYTES_MAX)) rotate()
        if (file !== undefined) bytes += writeSync(file, line)
      } catch {
        // A full disk must not stop the program from saying so elsewhere.
      }
    }
  return {
    debug: () => {},
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    [Symbol.dispose]: () => {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
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
