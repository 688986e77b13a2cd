/** A file of an archive. */
export interface ArchiveEntry {
  /** With `/` between folders. */
  readonly name: string
  readonly content: Buffer
  readonly executable: boolean
}

/** All files have this time, so that two builds of one source are the same bytes. tar warns of 1970, zip begins at 1980. */
export const ENTRY_TIME = '2026-01-01T00:00:00Z'

const BLOCK = 512

/** One file as blocks of a tar (ustar). Blocks of several files after one another, and `tarEnd()`, make an archive. */
export function tarBlocks({ name, content, executable }: ArchiveEntry): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for a tar archive.`)
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number): void =>
    void header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  header.write(name, 0)
  octal(executable ? 0o755 : 0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(content.length, 124, 12)
  octal(Date.parse(ENTRY_TIME) / 1_000, 136, 12)
  header.write(' '.repeat(8), 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)])
}

export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK)
}

/** The content of one file of a tar, or undefined. Reads plain files only: that is all that packages of npm hold. */
export function fileInTar(tar: Buffer, wanted: string): Buffer | undefined {
  for (let at = 0; at + BLOCK <= tar.length;) {
    const text = (from: number, length: number): string =>
      tar
        .toString('utf8', at + from, at + from + length)
        .split('\0', 1)[0]
        ?.trim() ?? ''
    const size = Number.parseInt(text(124, 12) || '0', 8)
    const prefix = text(345, 155)
    const name = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
    if (name === wanted) return tar.subarray(at + BLOCK, at + BLOCK + size)
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return undefined
}
