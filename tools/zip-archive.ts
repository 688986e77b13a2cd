import { crc32 } from 'node:zlib'

import { type ArchiveEntry, ENTRY_TIME } from './tar-archive.ts'

/** A file of a zip, compressed already: Node's own takes seconds, and stays the same from build to build. */
export interface ZipEntry extends ArchiveEntry {
  readonly deflated: Buffer
}

/** A zip with fixed times. No file is larger than 4 GiB, so that no extension of the format is needed. */
export function zipArchive(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const name = Buffer.from(entry.name)
    const facts = commonFacts(entry, name)
    const local = Buffer.concat([numbers([4, 0x04034b50]), facts, name])
    parts.push(local, entry.deflated)
    const mode = (entry.executable ? 0o100755 : 0o100644) * 0x10000
    // Made on Unix (3), so that the mode counts; then the same facts; no comment, no disk; mode; where it begins.
    const made = numbers([4, 0x02014b50], [2, 0x0314])
    directory.push(made, facts, numbers([2, 0], [2, 0], [2, 0], [4, mode], [4, offset]), name)
    offset += local.length + entry.deflated.length
  }
  const listed = Buffer.concat(directory)
  const count = entries.length
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, listed.length], [4, offset], [2, 0])
  return Buffer.concat([...parts, listed, end])
}

/** What stands both before a file and in the directory at the end. */
function commonFacts({ content, deflated }: ZipEntry, name: Buffer): Buffer {
  const [date = '', time = ''] = ENTRY_TIME.split('T')
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  const dosDate = (year - 1980) * 512 + month * 32 + day
  const dosTime = hour * 2_048 + minute * 32
  return numbers(
    [2, 20],
    [2, 0],
    [2, 8],
    [2, dosTime],
    [2, dosDate],
    [4, crc32(content)],
    [4, deflated.length],
    [4, content.length],
    [2, name.length],
    [2, 0],
  )
}

/** Numbers one after the other, each with its length in bytes, lowest byte first. */
function numbers(...list: readonly (readonly [bytes: number, value: number])[]): Buffer {
  const buffer = Buffer.alloc(list.reduce((all, [bytes]) => all + bytes, 0))
  let at = 0
  for (const [bytes, value] of list) at = buffer.writeUIntLE(value, at, bytes)
  return buffer
}
