import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { OUTPUT_CHUNK_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { Stream } from '@octopus/protocol/work.ts'

import type { OutputPiece } from './runner.ts'
import { cutUtf8, piecesOf } from './utf8.ts'

/** Output that follows another piece waits so long for more: people see it as live, the wire sees few messages. */
const COALESCE_MS: Ms = 25
/** So much waiting output is sent without waiting longer. */
const COALESCE_BYTES = 16_384

/** One attempt's output: brought into pieces by time and size, cut at its limit, counted beyond it. */
export interface Output {
  add(stream: Stream, text: string): void
  /** Counts output that is beyond the limit. From then on nothing is kept. */
  skip(byteCount: number): void
  /** Whether the limit is reached: more is only counted, so it need not be decoded. */
  isFull(): boolean
  /** Sends what waits. Nothing is sent afterwards. */
  finish(): OutputTotal
}

export interface OutputTotal {
  readonly bytes: number
  readonly cut: boolean
}

/** Gives pieces to `send` in order; never inside `add` of another piece. */
export function createOutput(clock: Clock, bytesMax: number, send: (piece: OutputPiece) => void): Output {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let waitingStream: Stream = 'stdout'
  let seen = 0
  let room = bytesMax
  let cut = false
  let lastSentAt = -Infinity
  let timer: AbortController | undefined

  const flush = (): void => {
    timer?.abort()
    timer = undefined
    if (waitingBytes === 0) return
    const bytes = Buffer.concat(waiting)
    waiting = []
    waitingBytes = 0
    lastSentAt = clock.monotonic()
    const at = clock.wall()
    for (const piece of piecesOf(bytes, OUTPUT_CHUNK_BYTES_MAX))
      send({ stream: waitingStream, at, text: piece.toString() })
  }

  /** A whole line after a pause goes at once; what follows within the pause goes together. */
  const schedule = (text: string): void => {
    const left = lastSentAt + COALESCE_MS - clock.monotonic()
    if (waitingBytes >= COALESCE_BYTES || (left <= 0 && text.endsWith('\n'))) return flush()
    if (timer !== undefined) return
    timer = new AbortController()
    clock.after(left > 0 ? left : COALESCE_MS, timer.signal).then(flush, () => {})
  }

  const skip = (byteCount: number): void => {
    seen += byteCount
    if (byteCount === 0) return
    // After a cut nothing more is kept: a later, shorter piece must not fill a gap.
    cut = true
    room = 0
  }

  return {
    skip,
    isFull: () => cut,
    add: (stream, text) => {
      const bytes = Buffer.from(text)
      const fitting = cutUtf8(bytes, room)
      room -= fitting.length
      seen += fitting.length
      skip(bytes.length - fitting.length)
      if (fitting.length === 0) return
      if (stream !== waitingStream) flush()
      waitingStream = stream
      waiting.push(fitting)
      waitingBytes += fitting.length
      schedule(text)
    },
    finish: () => {
      flush()
      return { bytes: seen, cut }
    },
  }
}
