import { constants, readFileSync, writeSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

import type { AppendFile, Files } from './files.ts'

/**
 * The real file system. Symbolic links in the last place of a path are not followed when writing. What only touches
 * the page cache is done at once: a trip to the thread pool costs ten times as much as copying a few kilobytes, and a
 * read makes four. What waits for the disk never blocks.
 */
export function createNodeFiles(): Files {
  return {
    read: async (path) => {
      try {
        return readFileSync(path)
      } catch (error) {
        return ifMissing(undefined)(error)
      }
    },
    replace,
    openAppend,
    remove: (path) => rm(path, { recursive: true, force: true }),
    list: (folder) => readdir(folder).catch(ifMissing<string[]>([])),
    makeFolder: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  }
}

async function replace(path: string, content: Buffer | string, mode: number): Promise<void> {
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

async function openAppend(path: string): Promise<AppendFile> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0)
  const file = await open(path, flags, 0o600)
  await syncFolder(dirname(path))
  return {
    appendDurably: async (text) => {
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length;) at += writeSync(file.fd, bytes, at)
      await file.datasync()
    },
    close: () => file.close(),
  }
}

/** A new name survives a crash only when its folder is synced too. Windows cannot open folders and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return value
    throw error
  }
}
