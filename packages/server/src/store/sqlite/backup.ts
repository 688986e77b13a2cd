import { createHash, type Hash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { must } from '@octopus/kit/assert.ts'
import type { EpochMs } from '@octopus/kit/clock.ts'

import { StoreRefused } from '#store/store-refused.ts'

import { filesIn } from './folder.ts'
import { isBusy, isCorrupt } from './outage.ts'

/** What stands at the beginning of a backup, before the files themselves. */
export interface BackupHead {
  readonly madeAt: EpochMs
  readonly program: string
  readonly files: readonly { readonly name: BackupPart; readonly bytes: number }[]
}

export type BackupPart = 'octopus.db' | 'output.db'

/** The first line. A file that begins otherwise is no backup. */
export const MAGIC = 'octopus-backup-1\n'
export const COPY_BYTES = 1_048_576

export interface BackupOrder {
  readonly folder: string
  /** Where the backup goes; must not exist. */
  readonly file: string
  readonly now: EpochMs
  /** Version of this program, for people. */
  readonly program: string
}

/**
 * Writes everything that is in the store into one file (0600), while a server works on it or not: each part is one
 * state of its database. First the main one, so that what it says of output is there. The file has its name only when
 * it is whole and on the disk.
 */
export function writeBackup({ folder, file, now, program }: BackupOrder): { readonly bytes: number } {
  const from = filesIn(folder)
  if (!existsSync(from.main)) {
    throw new StoreRefused(
      'no-backup',
      `There is no database in ${folder}. Set DATA_FOLDER to the server's data folder.`,
    )
  }
  refuseTaken(file)
  let work: string | undefined
  try {
    // Of its own: two backups to one file must not take each other's parts away.
    work = mkdtempSync(`${file}.part-`)
    const parts = [
      { name: 'octopus.db', path: join(work, 'main'), from: from.main },
      { name: 'output.db', path: join(work, 'output'), from: from.output },
    ] as const
    const whole = join(work, 'whole')
    for (const part of parts) snapshot(part.from, part.path)
    const files = parts.map(({ name, path }) => ({ name, bytes: statSync(path).size }))
    const bytes = writeWhole(
      whole,
      { madeAt: now, program, files },
      parts.map(({ path }) => path),
    )
    refuseTaken(file)
    renameSync(whole, file)
    syncFolder(dirname(file))
    return { bytes }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'ENOENT' && code !== 'ENOSPC' && code !== 'EROFS') throw error
    throw new StoreRefused(
      'no-backup',
      `The backup ${file} cannot be written (${code}). It needs a folder that this account may write to, with room for twice the size of the store.`,
      { cause: error },
    )
  } finally {
    if (work !== undefined) rmSync(work, { recursive: true, force: true })
  }
}

function refuseTaken(file: string): void {
  if (!existsSync(file)) return
  throw new StoreRefused('no-backup', `${file} exists already. Choose another name: a backup is never written over.`)
}

/** A copy of one state of a database, without what was free in it. Writers go on meanwhile. */
function snapshot(from: string, to: string): void {
  // Empty files of our mode: SQLite fills them, and nobody else can read them in between.
  closeSync(openSync(to, 'wx', 0o600))
  const database = new DatabaseSync(from, { timeout: 30_000 })
  try {
    database.prepare('vacuum into ?').run(to)
  } catch (error) {
    if (isCorrupt(error)) throw damagedSource(from, error)
    if (!isBusy(error)) throw error
    throw new StoreRefused('no-backup', `${from} is locked by another program. Try again.`, { cause: error })
  } finally {
    database.close()
  }
}

function damagedSource(from: string, error: unknown): StoreRefused {
  return new StoreRefused(
    'no-backup',
    `${from} is damaged (${(error as Error).message}): no backup can be made of it. Keep the last one, and look at the disk.`,
    { cause: error },
  )
}

/** Head, parts, and the checksum of all that, so that a restore knows a torn or changed file before it trusts it. */
function writeWhole(to: string, head: BackupHead, parts: readonly string[]): number {
  const file = openSync(to, 'wx', 0o600)
  const hash = createHash('sha256')
  try {
    let bytes = put(file, hash, Buffer.from(`${MAGIC}${JSON.stringify(head)}\n`))
    for (const [index, path] of parts.entries()) {
      const copied = copy(path, file, hash)
      must(copied === head.files[index]?.bytes, `${path} has changed while it was copied`)
      bytes += copied
    }
    const sum = Buffer.from(`\n${hash.digest('hex')}\n`)
    for (let at = 0; at < sum.length;) at += writeSync(file, sum, at)
    fsyncSync(file)
    return bytes + sum.length
  } finally {
    closeSync(file)
  }
}

function copy(path: string, to: number, hash: Hash): number {
  const file = openSync(path, 'r')
  const buffer = Buffer.allocUnsafe(COPY_BYTES)
  let bytes = 0
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      bytes += put(to, hash, buffer.subarray(0, read))
    }
    return bytes
  } finally {
    closeSync(file)
  }
}

function put(file: number, hash: Hash, bytes: Buffer): number {
  hash.update(bytes)
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
  return bytes.length
}

/** A new name survives a power cut only when its folder is synced. Windows cannot, and does not need it. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
