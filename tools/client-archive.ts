import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { deflateRawSync, gzipSync } from 'node:zlib'

import { sha256Hex } from '@octopus/kit/checksum.ts'

import { type ArchiveEntry, tarBlocks, tarEnd } from './tar-archive.ts'
import { zipArchive } from './zip-archive.ts'

/** What stays the same until Node changes, and takes seconds to compress. `key` names its content in the cache. */
export interface StableEntry extends ArchiveEntry {
  readonly key: string
}

/**
 * The archive of a target. The stable part is compressed once and kept: in a tar.gz it is a gzip member of its own (a
 * gzip file may have several, and every tar reads on), in a zip each file is compressed by itself anyway.
 */
export function packArchive(
  kind: 'tar.gz' | 'zip',
  parts: { readonly stable: readonly StableEntry[]; readonly own: readonly ArchiveEntry[] },
  cacheFolder: string,
): Buffer {
  if (kind === 'zip') {
    const stable = parts.stable.map((entry) => ({
      ...entry,
      deflated: cached(cacheFolder, entry, 'deflate', () => deflateRawSync(entry.content)),
    }))
    const own = parts.own.map((entry) => ({ ...entry, deflated: deflateRawSync(entry.content) }))
    return zipArchive([...stable, ...own])
  }
  const stable = parts.stable.map((entry) => cached(cacheFolder, entry, 'tar.gz', () => gzipped(tarBlocks(entry))))
  return Buffer.concat([...stable, gzipped(Buffer.concat([...parts.own.map(tarBlocks), tarEnd()]))])
}

/** Without time, and without the name of the system it was made on, which zlib would write. */
function gzipped(bytes: Buffer): Buffer {
  const packed = gzipSync(bytes)
  packed[9] = 255
  return packed
}

function cached(folder: string, { key, name, executable }: StableEntry, kind: string, make: () => Buffer): Buffer {
  // Its name and its mode are in the blocks, too.
  const path = `${folder}/${sha256Hex(`${key} ${name} ${executable}`).slice(0, 32)}.${kind}`
  if (existsSync(path)) return readFileSync(path)
  const made = make()
  mkdirSync(folder, { recursive: true })
  // Two builds at a time must not read halves of each other.
  writeFileSync(`${path}.${process.pid}`, made)
  renameSync(`${path}.${process.pid}`, path)
  return made
}
