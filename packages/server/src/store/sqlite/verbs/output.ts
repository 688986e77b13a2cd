import { Buffer } from 'node:buffer'

import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'
import { OUTPUT_BYTES_MAX } from '@octopus/protocol/limits.ts'
import type { Stream } from '@octopus/protocol/work.ts'

import type { OutputChunk, OutputStore } from '#results/output-store.ts'
import type { Tx, VerbsOf } from '#store/sqlite/tx.ts'

/** Chunks read at once: a program that prints byte by byte must not make one answer of a million rows. */
const CHUNKS_READ_MAX = 2_000

/** Output is deleted by the hour in which it was last added to: so the index by age moves seldom. */
const HOUR_MS: Ms = 3_600_000

/** How far the newest attempt of an execution is stored. */
interface Head {
  readonly attempt: number
  readonly fence: number
  readonly storedBytes: number
}

export const outputVerbs: VerbsOf<OutputStore> = {
  // Hot: all that plugins print.
  appendOutput: (tx, { now, chunks }) => {
    const heads = new Map<ExecutionId, Head>()
    const answers = new Map<string, AttemptKey & { storedBytes: number }>()
    for (const chunk of chunks) {
      const { execution, attempt, fence } = chunk
      const { head, storedBytes } = append(tx, heads.get(execution) ?? readHead(tx, execution), chunk)
      heads.set(execution, head)
      answers.set(`${execution} ${fence}`, { execution, attempt, fence, storedBytes })
    }
    for (const [execution, head] of heads) writeHead(tx, execution, head, now - (now % HOUR_MS))
    return [...answers.values()]
  },

  readOutput: (tx, { execution, from, limitBytes }) => {
    const head = readHead(tx, execution)
    // A head of which nothing is stored is one whose first piece left a gap, and was not taken.
    if (!head || head.storedBytes === 0) return { attempt: null, chunks: [], storedBytes: 0 }
    const rows = tx.all<{ at_byte: number; stream: Stream; at: number; text: string }>(
      `select at_byte, stream, at, text from output_chunk
        where execution_id = ? and fence = ? and at_byte >= coalesce(
          (select max(at_byte) from output_chunk where execution_id = ? and fence = ? and at_byte <= ?), 0)
        order by at_byte limit ?`,
      execution,
      head.fence,
      execution,
      head.fence,
      from,
      CHUNKS_READ_MAX,
    )
    const chunks: OutputChunk[] = []
    let bytes = 0
    for (const row of rows) {
      const whole = { offset: row.at_byte, stream: row.stream, at: row.at, text: row.text }
      const chunk = tailFrom(whole, from) ?? whole
      if (chunk.text === '') continue
      bytes += Buffer.byteLength(chunk.text)
      if (bytes > limitBytes && chunks.length > 0) break
      chunks.push(chunk)
    }
    return { attempt: head.attempt, chunks, storedBytes: head.storedBytes }
  },
}

/** What becomes of a chunk: the head after it, and how far its own attempt counts as stored. */
function append(
  tx: Tx,
  before: Head | undefined,
  chunk: AttemptKey & OutputChunk,
): { readonly head: Head; readonly storedBytes: number } {
  const { execution, attempt, fence } = chunk
  const end = chunk.offset + Buffer.byteLength(chunk.text)
  // An attempt that a newer one has overtaken: nobody will read it, and its client may forget it.
  if (before && before.fence > fence) return { head: before, storedBytes: end }
  const isNew = !before || before.fence < fence
  if (before && isNew) tx.run('delete from output_chunk where execution_id = ?', execution)
  const head = isNew ? { attempt, fence, storedBytes: 0 } : before
  if (chunk.offset > head.storedBytes) return { head, storedBytes: head.storedBytes }
  // Full: what a client sends beyond the limit, against the rules, is let go, so that it does not send it again.
  if (head.storedBytes >= OUTPUT_BYTES_MAX) return { head, storedBytes: Math.max(end, head.storedBytes) }
  const rest = tailFrom(chunk, head.storedBytes)
  if (!rest || rest.text === '') return { head, storedBytes: head.storedBytes }
  tx.run(
    'insert into output_chunk (execution_id, fence, at_byte, stream, at, text) values (?, ?, ?, ?, ?, ?)',
    execution,
    fence,
    rest.offset,
    rest.stream,
    rest.at,
    rest.text,
  )
  return { head: { ...head, storedBytes: end }, storedBytes: end }
}

/** The part of a chunk from a byte on; undefined if that byte is in the middle of a character. */
function tailFrom(chunk: OutputChunk, from: number): OutputChunk | undefined {
  const { offset, stream, at, text } = chunk
  if (from <= offset) return { offset, stream, at, text }
  const bytes = Buffer.from(text).subarray(from - offset)
  const isInsideCharacter = bytes.length > 0 && ((bytes[0] ?? 0) & 0xc0) === 0x80
  return isInsideCharacter ? undefined : { offset: from, stream, at, text: bytes.toString() }
}

function readHead(tx: Tx, execution: ExecutionId): Head | undefined {
  const row = tx.get<{ attempt: number; fence: number; stored_bytes: number }>(
    'select attempt, fence, stored_bytes from output_head where execution_id = ?',
    execution,
  )
  return row && { attempt: row.attempt, fence: row.fence, storedBytes: row.stored_bytes }
}

function writeHead(tx: Tx, execution: ExecutionId, head: Head, storedAt: EpochMs): void {
  tx.run(
    `insert into output_head (execution_id, attempt, fence, stored_bytes, stored_at) values (?, ?, ?, ?, ?)
      on conflict (execution_id) do update set attempt = excluded.attempt, fence = excluded.fence,
        stored_bytes = excluded.stored_bytes, stored_at = excluded.stored_at`,
    execution,
    head.attempt,
    head.fence,
    head.storedBytes,
    storedAt,
  )
}
