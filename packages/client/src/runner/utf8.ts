/** The first bytes of a text, at most so many, without splitting a character. */
export function cutUtf8(bytes: Buffer, most: number): Buffer {
  if (bytes.length <= most) return bytes
  let end = most
  // A continuation byte is 10xxxxxx: go back to the byte that begins the character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.subarray(0, end)
}

/** The text in pieces of at most so many bytes of UTF-8 each. */
export function* piecesOf(bytes: Buffer, most: number): Generator<Buffer> {
  let rest = bytes
  while (rest.length > 0) {
    const piece = cutUtf8(rest, most)
    yield piece
    rest = rest.subarray(piece.length)
  }
}

/** The longest beginning that fits as a JSON string, of which each character may need several bytes. */
export function cutJsonString(text: string, bytesMax: number): string {
  let kept = cutUtf8(Buffer.from(text), Math.max(0, bytesMax - 2)).toString()
  for (;;) {
    const shown = JSON.stringify(kept.toWellFormed())
    const size = Buffer.byteLength(shown)
    if (size <= bytesMax || kept === '') return shown
    kept = kept.slice(0, Math.min(kept.length - 1, Math.floor((kept.length * bytesMax) / size)))
  }
}
