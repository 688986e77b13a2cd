import { constants, type Stats, watch } from 'node:fs'
import { lstat, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { SettingsError } from '@octopus/kit/settings.ts'

import type { InboxFile, InboxFolder, ReadFile } from './inbox-folder.ts'

/** A folder of the file system; made if it is missing. */
export async function openInboxFolder(path: string, onError: (error: unknown) => void): Promise<InboxFolder> {
  await mkdir(path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new SettingsError(
      `The plugins folder ${path} cannot be made (${error.code}). Make it, or set PLUGINS_FOLDER to another folder.`,
      { cause: error },
    )
  })
  return {
    list: () => listPlainFiles(path),
    read: (name, limitBytes) => readPlainFile(join(path, name), limitBytes),
    watch: (changed) => {
      try {
        const watcher = watch(path, { persistent: false }, () => changed())
        watcher.on('error', onError)
        return { [Symbol.dispose]: () => watcher.close() }
      } catch (error) {
        // Not every file system can be watched; looking every few seconds remains.
        onError(error)
        return { [Symbol.dispose]: () => {} }
      }
    },
  }
}

async function listPlainFiles(path: string): Promise<readonly InboxFile[]> {
  const files: InboxFile[] = []
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isFile()) continue
    const found = await lstat(join(path, entry.name)).catch(() => undefined)
    if (!found?.isFile()) continue
    const changedAt = Math.max(found.mtimeMs, found.ctimeMs)
    files.push({ name: entry.name, stamp: stampOf(found), changedAt })
  }
  return files
}

function stampOf({ ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
}

/** Links are not followed: a link to a secret must not become a plugin that everybody can read. */
async function readPlainFile(path: string, limitBytes: number): Promise<ReadFile | undefined> {
  const before = await lstat(path).catch(() => undefined)
  if (!before?.isFile()) return undefined
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const file = await open(path, flags).catch(() => undefined)
  if (!file) return undefined
  try {
    const opened = await file.stat()
    if (!opened.isFile() || opened.ino !== before.ino) return undefined
    const buffer = Buffer.alloc(Math.min(opened.size, limitBytes) + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    const after = await lstat(path).catch(() => undefined)
    return after && { bytes: buffer.subarray(0, length), stamp: stampOf(after) }
  } finally {
    await file.close()
  }
}
