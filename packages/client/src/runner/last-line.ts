/** Keeps the last line of a stream that says anything, up to a size. */
export interface LastLine {
  /** The bytes are only lent. */
  add(bytes: Buffer): void
  /** Without its line break; `cut` when it was longer than what is kept. */
  read(): { readonly text: string; readonly cut: boolean }
}

const NEWLINE = 0x0a

export function createLastLine(bytesMax: number): LastLine {
  let last = { text: '', cut: false }
  let parts: Buffer[] = []
  let length = 0

  const current = (): typeof last => {
    const text = Buffer.concat(parts).toString().trim()
    return { text, cut: length > bytesMax }
  }
  const grow = (piece: Buffer): void => {
    const room = bytesMax - length
    if (room > 0) parts.push(Buffer.from(piece.subarray(0, room)))
    length += piece.length
  }
  const endLine = (): void => {
    const line = current()
    if (line.text !== '') last = line
    parts = []
    length = 0
  }

  return {
    add: (bytes) => {
      const end = bytes.lastIndexOf(NEWLINE)
      if (end >= 0) {
        // Of the lines that are complete only the last one with a word in it matters.
        const before = bytes.subarray(0, end)
        const begin = beginOfLastWords(before)
        if (begin === 0) grow(before)
        else {
          endLine()
          grow(before.subarray(begin))
        }
        endLine()
      }
      grow(bytes.subarray(end + 1))
    },
    read: () => {
      const line = current()
      return line.text === '' ? last : line
    },
  }
}

/** Where the last line that is not blank begins; 0 if that is the first one of these bytes. */
function beginOfLastWords(bytes: Buffer): number {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] ?? 0) <= 0x20) end -= 1
  return bytes.subarray(0, end).lastIndexOf(NEWLINE) + 1
}
