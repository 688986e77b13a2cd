import type { Piece } from '@octopus/protocol/from-client.ts'
import { MESSAGE_BYTES_MAX } from '@octopus/protocol/limits.ts'

/** What has come so far of the one message that a connection sends in pieces. */
export interface Pieces {
  readonly message: number
  readonly texts: ReadonlyMap<number, string>
  readonly bytes: number
}

export const NO_PIECES: Pieces = { message: 0, texts: new Map(), bytes: 0 }

/**
 * Pure: what there is with one more piece, and the whole message when that was the last one missing. A piece that comes
 * again, or of a message that is whole already, changes nothing; one of the next message ends what is not whole.
 */
export function withPiece(
  pieces: Pieces,
  { message, index, of, text }: Piece,
): { readonly pieces: Pieces; readonly whole?: string; readonly tooLarge?: true } {
  if (message < pieces.message) return { pieces }
  const same = message === pieces.message
  // Whole already: its texts are gone, its number stays.
  if (same && (pieces.texts.size === 0 || pieces.texts.has(index))) return { pieces }
  const texts = new Map([...(same ? pieces.texts : []), [index, text] as const])
  const bytes = (same ? pieces.bytes : 0) + Buffer.byteLength(text)
  if (bytes > MESSAGE_BYTES_MAX) return { pieces, tooLarge: true }
  if (texts.size < of) return { pieces: { message, texts, bytes } }
  const whole = Array.from({ length: of }, (_, n) => texts.get(n) ?? '').join('')
  return { pieces: { message, texts: new Map(), bytes: 0 }, whole }
}
