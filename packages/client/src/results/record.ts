import { crc32Hex } from '@octopus/kit/checksum.ts'
import type { EpochMs } from '@octopus/kit/clock.ts'
import { attemptKey, FenceProofSchema, FenceSchema, type AttemptKey } from '@octopus/protocol/attempt.ts'
import { ResultItemSchema, type ResultItem } from '@octopus/protocol/from-client.ts'
import { ExecutionIdSchema } from '@octopus/protocol/ids.ts'
import { OneOf, parser, Strict } from '@octopus/protocol/schema.ts'
import { EpochMsSchema } from '@octopus/protocol/wire-values.ts'

/**
 * One line of the journal. `seq` rises with every record that tells news, through restarts and compactions; what is only
 * concluded at a start keeps the number that it had.
 */
export type JournalRecord =
  | { readonly kind: 'journal'; readonly seq: number; readonly id: string }
  /** Written before the start: whoever reads it later knows that the attempt may have started. */
  | ({
      readonly kind: 'starting'
      readonly seq: number
      readonly fenceProof: string
      readonly at: EpochMs
    } & AttemptKey)
  /** `storedBytes` of its output were known to the server by then; the rest lives in memory only. */
  | { readonly kind: 'ended'; readonly seq: number; readonly storedBytes: number; readonly result: ResultItem }
  /** It was written as starting, but did not and will not start. No tombstone stays. */
  | ({ readonly kind: 'dropped'; readonly seq: number } & AttemptKey)
  /** The server answered for its result: the body goes, the tombstone stays. */
  | ({ readonly kind: 'tombstone'; readonly seq: number; readonly at: EpochMs } & Omit<AttemptKey, 'attempt'>)

const seq = EpochMsSchema // any whole number from 0
const parsers = {
  journal: parser(Strict({ kind: OneOf(['journal'] as const), seq, id: ExecutionIdSchema })),
  starting: parser(
    Strict({ kind: OneOf(['starting'] as const), seq, ...attemptKey, fenceProof: FenceProofSchema, at: EpochMsSchema }),
  ),
  ended: parser(Strict({ kind: OneOf(['ended'] as const), seq, storedBytes: seq, result: ResultItemSchema })),
  dropped: parser(Strict({ kind: OneOf(['dropped'] as const), seq, ...attemptKey })),
  tombstone: parser(
    Strict({
      kind: OneOf(['tombstone'] as const),
      seq,
      execution: ExecutionIdSchema,
      fence: FenceSchema,
      at: EpochMsSchema,
    }),
  ),
}

/** Checksum, a space, JSON, newline. JSON text has no newline inside, so that one bad line never takes its neighbour along. */
export function encodeRecord(record: JournalRecord): string {
  const json = JSON.stringify(record)
  return `${crc32Hex(json)} ${json}\n`
}

export interface Decoded {
  readonly records: readonly JournalRecord[]
  /** The last line was not whole: a write that a crash cut off and that nobody was told of. */
  readonly torn: boolean
  /** Lines that cannot be read with good ones after them: the disk or a person did that, and nobody knows what stood there. */
  readonly damaged: number
}

/** Reads what can be read. Never throws: a journal is read in the hour after the crash. */
export function decodeJournal(text: string): Decoded {
  const records: JournalRecord[] = []
  let badSinceGood = 0
  let damaged = 0
  const lines = text.split('\n')
  const unfinished = lines.pop() ?? ''
  for (const line of lines) {
    const record = decodeLine(line)
    if (record === undefined) {
      badSinceGood++
    } else {
      damaged += badSinceGood
      badSinceGood = 0
      records.push(record)
    }
  }
  return { records, torn: badSinceGood > 0 || unfinished !== '', damaged }
}

function decodeLine(line: string): JournalRecord | undefined {
  const json = line.slice(9)
  if (line[8] !== ' ' || crc32Hex(json) !== line.slice(0, 8)) return undefined
  try {
    const value: unknown = JSON.parse(json)
    const kind = (value as { kind?: unknown } | null)?.kind
    if (typeof kind !== 'string' || !Object.hasOwn(parsers, kind)) return undefined
    const parsed = parsers[kind as keyof typeof parsers](value)
    return parsed.ok ? parsed.value : undefined
  } catch {
    return undefined
  }
}
