import { stat, statfs } from 'node:fs/promises'

/** Room on the disk that holds a folder, as far as this account may use it. */
export async function readDiskSpace(
  folder: string,
): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

/** Bytes of each file by the name it is given; what is not there has none. */
export async function readFileSizes(files: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  const sizes = Object.entries(files).map(async ([name, path]) => [name, await sizeOf(path)] as const)
  return Object.fromEntries(await Promise.all(sizes))
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
