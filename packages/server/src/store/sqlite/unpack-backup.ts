import { createHash, type Hash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { StoreRefused } from '#store/store-refused.ts'

import { type BackupHead, type BackupPart, COPY_BYTES, MAGIC } from './backup.ts'

/** A head is some hundred bytes. */
const HEAD_BYTES_MAX = 4_096
const SUM_BYTES = 66
const PARTS: ReadonlySet<string> = new Set<BackupPart>(['octopus.db', 'output.db'])

/** Writes the files of a backup into an empty folder. Refuses what is no backup, is torn, or was changed. */
export function unpackBackup(file: string, folder: string): BackupHead {
  const from = openBackup(file)
  try {
    const { head, begin } = readHead(from, file)
    const hash = createHash('sha256')
    const expected = begin.length + head.files.reduce((sum, { bytes }) => sum + bytes, 0) + SUM_BYTES
    if (statSync(file).size !== expected) throw damaged(file, 'its size is not what its beginning says')
    hash.update(begin)
    let at = begin.length
    for (const { name, bytes } of head.files) {
      extract(from, { at, bytes, hash, file, to: join(folder, name) })
      at += bytes
    }
    if (read(from, at, SUM_BYTES).toString() !== `\n${hash.digest('hex')}\n`)
      throw damaged(file, 'its checksum is wrong')
    return head
  } finally {
    closeSync(from)
  }
}

/** Copies a part of the backup into a file of its own, on the disk when it returns. */
function extract(
  from: number,
  part: {
    readonly at: number
    readonly bytes: number
    readonly hash: Hash
    readonly file: string
    readonly to: string
  },
): void {
  const to = openSync(part.to, 'wx', 0o600)
  try {
    const end = part.at + part.bytes
    for (let at = part.at; at < end;) {
      const buffer = read(from, at, Math.min(COPY_BYTES, end - at))
      if (buffer.length === 0) throw damaged(part.file, 'it ends too early')
      part.hash.update(buffer)
      for (let done = 0; done < buffer.length;) done += writeSync(to, buffer, done)
      at += buffer.length
    }
    fsyncSync(to)
  } finally {
    closeSync(to)
  }
}

function openBackup(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StoreRefused('no-backup', `${file} cannot be read (${code}). Name the file of a backup.`, {
      cause: error,
    })
  }
}

/** The head, and the bytes in which it stands. */
function readHead(file: number, name: string): { readonly head: BackupHead; readonly begin: Buffer } {
  const bytes = read(file, 0, HEAD_BYTES_MAX)
  const text = bytes.toString('latin1')
  const end = text.indexOf('\n', MAGIC.length)
  if (!text.startsWith(MAGIC) || end === -1) throw damaged(name, 'it does not begin as one')
  try {
    const head = JSON.parse(text.slice(MAGIC.length, end)) as BackupHead
    const names = head.files.map((part) => part.name)
    // Names become paths: only ours do.
    if (names.length === PARTS.size && new Set(names).size === PARTS.size && names.every((one) => PARTS.has(one))) {
      return { head, begin: Buffer.from(bytes.subarray(0, end + 1)) }
    }
  } catch {
    // Answered below.
  }
  throw damaged(name, 'its beginning cannot be read')
}

function read(file: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  return buffer.subarray(0, readSync(file, buffer, 0, bytes, at))
}

function damaged(file: string, why: string): StoreRefused {
  return new StoreRefused('no-backup', `${file} is no whole backup: ${why}. Nothing was changed. Take another one.`)
}
