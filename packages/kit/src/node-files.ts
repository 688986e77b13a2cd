import { constants } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

import type { AppendFile, Files } from './files.ts'

/** The real file system. Symbolic links in the last place of a path are not followed when writing. */
export function createNodeFiles(): Files {
  return {
    read: (path) => readFile(path).catch(ifMissing(undefined)),
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
      await file.appendFile(text)
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
