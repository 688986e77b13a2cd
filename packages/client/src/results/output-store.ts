import type { EpochMs } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import { OUTPUT_CHUNK_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { Stream } from '@octopus/protocol/work.ts'

import { keyOf, keyText, type KeyText } from '#attempt-key.ts'
import type { Custody, Session } from '#connection/session.ts'

/** Output of all attempts that waits for the server. Beyond it output is cut, and its result says so. */
export const OUTPUT_MEMORY_BYTES_MAX = 32 * 1_048_576
/** Sent and not yet stored, per attempt: at 64 kbit/s a heartbeat waits 8 s behind it, which presence survives. */
export const OUTPUT_WINDOW_BYTES = 65_536

/** So often in a row the server may say that it has less than it said before. Answers overtake each other, but not so many. */
const BEHIND_MAX = 16

interface Piece {
  readonly offset: number
  readonly bytes: number
  readonly stream: Stream
  readonly at: EpochMs
  readonly text: string
}

interface Output {
  readonly key: AttemptKey
  readonly fenceProof: string
  readonly custody: Custody
  pieces: Piece[]
  totalBytes: number
  storedBytes: number
  sentBytes: number
  /** How often in a row the server has said that it has less than it said before. */
  behind: number
  /** Something was dropped: what comes after it is dropped too, as the server stores output without gaps. */
  cut: boolean
  /** Its result is answered: only the tail of the output is still wanted, through one reconnect. */
  answered: 'no' | 'here' | 'before'
}

/**
 * Output until the server has stored it, so that it resumes by offset after a reconnect. In memory only: a journal of
 * every printed line would cost a disk write per line, and what a dead client had not sent is marked as cut instead.
 */
export class OutputStore {
  readonly #outputs = new Map<KeyText, Output>()
  #bytes = 0

  open(key: AttemptKey, fenceProof: string, custody: Custody): void {
    const output: Output = {
      key: keyOf(key),
      fenceProof,
      custody,
      pieces: [],
      totalBytes: 0,
      storedBytes: 0,
      sentBytes: 0,
      behind: 0,
      cut: false,
      answered: 'no',
    }
    this.#outputs.set(keyText(key), output)
  }

  add(key: AttemptKey, piece: { readonly stream: Stream; readonly at: EpochMs; readonly text: string }): void {
    const output = this.#outputs.get(keyText(key))
    if (output === undefined || piece.text === '') return
    for (const text of inChunks(piece.text)) {
      const bytes = Buffer.byteLength(text)
      if (output.cut || !this.#makeRoom(bytes)) {
        output.cut = true
        return
      }
      output.pieces.push({ offset: output.totalBytes, bytes, stream: piece.stream, at: Math.floor(piece.at), text })
      output.totalBytes += bytes
      this.#bytes += bytes
    }
  }

  /** What is known of an attempt's output when it has ended. */
  state(key: AttemptKey): { readonly totalBytes: number; readonly storedBytes: number; readonly cut: boolean } {
    return this.#outputs.get(keyText(key)) ?? { totalBytes: 0, storedBytes: 0, cut: false }
  }

  /** The server has stored everything before `bytes`. */
  stored(key: AttemptKey, bytes: number): void {
    const output = this.#outputs.get(keyText(key))
    if (output === undefined) return
    // Not further than before: something was not taken (a full disk, a gap), and what is under way is sent again. The
    // answer that says so may come after one that knows of more.
    if (bytes <= output.storedBytes) {
      output.behind = bytes < output.storedBytes ? output.behind + 1 : 0
      output.sentBytes = output.storedBytes
      if (output.behind === BEHIND_MAX) this.#end(output)
      return
    }
    output.behind = 0
    output.storedBytes = Math.min(bytes, output.totalBytes)
    output.sentBytes = Math.max(output.sentBytes, output.storedBytes)
    while (output.pieces[0] && output.pieces[0].offset + output.pieces[0].bytes <= output.storedBytes) {
      this.#bytes -= output.pieces.shift()?.bytes ?? 0
    }
    const first = output.pieces[0]
    if (first && first.offset < output.storedBytes) {
      this.#bytes -= output.storedBytes - first.offset
      output.pieces[0] = tailOf(first, output.storedBytes)
    }
    if (output.answered !== 'no' && output.pieces.length === 0) this.drop(key)
  }

  /** The result is answered; the output's tail may still be under way. */
  answered(key: AttemptKey): void {
    const output = this.#outputs.get(keyText(key))
    if (output === undefined) return
    output.answered = 'here'
    if (output.pieces.length === 0) this.drop(key)
  }

  drop(key: AttemptKey): void {
    const output = this.#outputs.get(keyText(key))
    if (output === undefined) return
    for (const piece of output.pieces) this.#bytes -= piece.bytes
    this.#outputs.delete(keyText(key))
  }

  /** A new session: what was sent and not stored is sent again. */
  rewind(): void {
    for (const output of this.#outputs.values()) {
      output.sentBytes = output.storedBytes
      if (output.answered === 'before') this.drop(output.key)
      if (output.answered === 'here') output.answered = 'before'
    }
  }

  /** The chunks that may be sent now in this session, as JSON; they count as sent. */
  *take(session: Session): Generator<string> {
    for (const output of this.#outputs.values()) {
      if (output.sentBytes === output.totalBytes) continue
      if (output.custody.session !== session && output.answered === 'no') continue
      for (const piece of output.pieces) {
        if (piece.offset < output.sentBytes) continue
        const ahead = piece.offset + piece.bytes - output.storedBytes
        if (ahead > OUTPUT_WINDOW_BYTES && piece.offset > output.storedBytes) break
        output.sentBytes = piece.offset + piece.bytes
        const { offset, stream, at, text } = piece
        yield JSON.stringify({ ...output.key, fenceProof: output.fenceProof, offset, stream, at, text })
      }
    }
  }

  /** The server has lost what it had stored, and stores nothing behind a gap: sent again, it would be sent for ever. */
  #end(output: Output): void {
    for (const piece of output.pieces) this.#bytes -= piece.bytes
    output.pieces = []
    output.sentBytes = output.totalBytes
    output.cut = true
    if (output.answered !== 'no') this.drop(output.key)
  }

  heldBytes(): number {
    return this.#bytes
  }

  /** Tails of answered attempts make room first: their outcome is known. */
  #makeRoom(bytes: number): boolean {
    for (const output of this.#outputs.values()) {
      if (this.#bytes + bytes <= OUTPUT_MEMORY_BYTES_MAX) return true
      if (output.answered !== 'no') this.drop(output.key)
    }
    return this.#bytes + bytes <= OUTPUT_MEMORY_BYTES_MAX
  }
}

/** Splits text where no character is torn apart, each part within the limit of a chunk in bytes. */
function* inChunks(text: string): Generator<string> {
  if (Buffer.byteLength(text) <= OUTPUT_CHUNK_BYTES_MAX) {
    yield text
    return
  }
  // A UTF-16 unit is at most 3 bytes of UTF-8.
  const units = Math.floor(OUTPUT_CHUNK_BYTES_MAX / 3)
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + units)
    const last = text.charCodeAt(end - 1)
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--
    yield text.slice(at, end)
    at = end
  }
}

function tailOf(piece: Piece, offset: number): Piece {
  const tail = Buffer.from(piece.text).subarray(offset - piece.offset)
  return { ...piece, offset, bytes: tail.length, text: tail.toString() }
}
