/** Splits a byte stream into lines. A line beyond the limit is answered by `tooLong`, once, and nothing follows it. */
export function createLines(
  bytesMax: () => number,
  line: (text: string) => void,
  tooLong: () => void,
): (chunk: Buffer) => void {
  // Kept as a list: joining at every chunk would copy a long line again and again.
  let parts: Buffer[] = []
  let partBytes = 0
  let broken = false
  return (chunk) => {
    let from = 0
    while (!broken && from < chunk.length) {
      const end = chunk.indexOf(0x0a, from)
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end)
      if (partBytes + piece.length > bytesMax()) {
        broken = true
        parts = []
        return tooLong()
      }
      if (end === -1) {
        parts.push(piece)
        partBytes += piece.length
        return
      }
      const text = parts.length === 0 ? piece.toString() : Buffer.concat([...parts, piece]).toString()
      parts = []
      partBytes = 0
      from = end + 1
      line(text)
    }
  }
}
