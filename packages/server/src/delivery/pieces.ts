import type { Piece } from '@octopus/protocol/from-client.ts'
import { MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'

/** What has come so far of one message. Whole already: its texts are gone. */
interface Part {
  readonly texts: ReadonlyMap<number, string>
  readonly bytes: number
  readonly isWhole: boolean
}

/**
 * What a connection has sent in pieces: of the newest message, and of the one before it, whose last piece may come after
 * the first of the newest.
 */
export interface Pieces {
  readonly newest: number
  readonly parts: ReadonlyMap<number, Part>
}

export const NO_PIECES: Pieces = { newest: 0, parts: new Map() }

const NOTHING: Part = { texts: new Map(), bytes: 0, isWhole: false }

/**
 * Pure: what there is with one more piece, and the whole message when that was the last one missing. A piece that comes
 * again, or of a message that is whole already or older than the last two, changes nothing.
 */
export function withPiece(
  pieces: Pieces,
  { message, index, of, text }: Piece,
): { readonly pieces: Pieces; readonly whole?: string; readonly tooLarge?: true } {
  const newest = Math.max(pieces.newest, message)
  const before = pieces.parts.get(message) ?? NOTHING
  if (message < newest - 1 || before.isWhole || before.texts.has(index)) return { pieces }
  const texts = new Map([...before.texts, [index, text] as const])
  const bytes = before.bytes + Buffer.byteLength(text)
  if (bytes > MESSAGE_BYTES_MAX) return { pieces, tooLarge: true }
  const isWhole = texts.size >= of
  const part: Part = isWhole ? { ...NOTHING, isWhole } : { texts, bytes, isWhole }
  const others = [...pieces.parts].filter(([other]) => other >= newest - 1 && other !== message)
  const next = { newest, parts: new Map([...others, [message, part] as const]) }
  if (!isWhole) return { pieces: next }
  return { pieces: next, whole: Array.from({ length: of }, (_, n) => texts.get(n) ?? '').join('') }
}
