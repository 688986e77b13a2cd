import { Type, type Static } from 'typebox'

import { attemptKey, FenceProofSchema } from './attempt.ts'
import { ChecksumSchema, ClientIdSchema } from './ids.ts'
import {
  BATCH_ITEMS_MAX,
  INVENTORY_PAGE_ITEMS,
  LABEL_CHARACTERS_MAX,
  LABELS_MAX,
  OUTPUT_CHUNK_BYTES_MAX,
  PIECE_CHARACTERS_MAX,
  PIECES_MAX,
  RESULT_BYTES_MAX,
  SLOTS_MAX,
} from './limits.ts'
import { messageParser, Nullable, OneOf, Strict } from './schema.ts'
import { EpochMsSchema, LanguageSchema } from './wire-values.ts'
import { END_REASONS, ENDS, PHASES, REJECTIONS, STREAMS } from './work.ts'

const Sequence = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Text = (maxLength: number) => Type.String({ maxLength })

/** Frozen for ever: who speaks, and the proof. It is heartbeat 0. */
export const HelloSchema = Strict({
  type: Type.Literal('hello'),
  protocol: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  clientId: ClientIdSchema,
  journalId: Text(64),
  /** Changes when the PC boots: executions of an earlier boot are surely gone. */
  bootId: Text(64),
  version: Text(64),
  /** The interval the client wishes; the server clamps it and answers with the one that counts. */
  heartbeatMs: Type.Integer({ minimum: 0, maximum: 3_600_000 }),
  /** Ed25519 over `helloText`, base64url. */
  signature: Text(128),
})

export const ReportedSchema = Strict({
  hostName: Text(255),
  os: Text(255),
  arch: Text(32),
  /** The operating system's user the client runs as. */
  account: Text(255),
  /** `CLIENT_USER`: only a wish, shown at approval. It carries no right. */
  wishedUser: Nullable(Text(64)),
  labels: Type.Array(Text(LABEL_CHARACTERS_MAX), { maxItems: LABELS_MAX }),
})
export type Reported = Static<typeof ReportedSchema>

export const RuntimeSchema = Strict({ language: LanguageSchema, version: Text(64) })

export const InventoryAttemptSchema = Strict({
  ...attemptKey,
  fenceProof: FenceProofSchema,
  phase: OneOf(PHASES),
  /** Bytes of output the client has, so that the server can ask for what it lacks. */
  outputBytes: Sequence,
})
export type InventoryAttempt = Static<typeof InventoryAttemptSchema>

/** Everything the client has in memory and journal, in pages; the session's first words after `welcome`. */
export const InventorySchema = Strict({
  type: Type.Literal('inventory'),
  last: Type.Boolean(),
  runtimes: Type.Array(RuntimeSchema, { maxItems: 16 }),
  reported: ReportedSchema,
  /** Executions it can run side by side. */
  slots: Type.Integer({ minimum: 1, maximum: SLOTS_MAX }),
  /** The manifest it has on disk; 0 for none. */
  manifestRevision: Sequence,
  journalSeq: Sequence,
  attempts: Type.Array(InventoryAttemptSchema, { maxItems: INVENTORY_PAGE_ITEMS }),
})

export const ClientHeartbeatSchema = Strict({
  type: Type.Literal('heartbeat'),
  seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  /** The highest server `seq` received. */
  echo: Sequence,
  clientTime: EpochMsSchema,
  /** Load average of a minute, where the system has one. */
  load: Type.Number({ minimum: 0, maximum: 1_000_000 }),
  freeSlots: Type.Integer({ minimum: 0, maximum: SLOTS_MAX }),
})

/** The versions that the manifest of this revision lists are on the disk, but for what is missing. */
export const SyncedSchema = Strict({
  type: Type.Literal('synced'),
  revision: Sequence,
  missing: Type.Array(Strict({ checksum: ChecksumSchema, reason: Text(1_000) }), { maxItems: 10_000 }),
})

const batchOf = <T extends Parameters<typeof Strict>[0]>(properties: T) =>
  Type.Array(Strict(properties), { minItems: 1, maxItems: BATCH_ITEMS_MAX })

/** The attempts are in the client's journal, and start. */
export const AcceptedSchema = Strict({ type: Type.Literal('accepted'), executions: batchOf(attemptKey) })

/** The attempts did not and will not start. */
export const RejectedSchema = Strict({
  type: Type.Literal('rejected'),
  executions: batchOf({ ...attemptKey, reason: OneOf(REJECTIONS), detail: Text(1_000) }),
})

export const StartedSchema = Strict({
  type: Type.Literal('started'),
  executions: batchOf({ ...attemptKey, startedAt: EpochMsSchema }),
})

/** How far an execution is. Advisory; the newest counts. */
export const ProgressSchema = Strict({
  type: Type.Literal('progress'),
  ...attemptKey,
  fraction: Nullable(Type.Number({ minimum: 0, maximum: 1 })),
  text: Text(1_000),
})

/** Output by offset: `offset` is where the text begins in the attempt's whole output, in bytes of UTF-8. */
export const OutputSchema = Strict({
  type: Type.Literal('output'),
  chunks: batchOf({
    ...attemptKey,
    fenceProof: FenceProofSchema,
    offset: Sequence,
    stream: OneOf(STREAMS),
    at: EpochMsSchema,
    text: Text(OUTPUT_CHUNK_BYTES_MAX),
  }),
})

export const ReportedErrorSchema = Strict({ message: Text(65_536), type: Text(255), stack: Text(65_536) })
export type ReportedError = Static<typeof ReportedErrorSchema>

export const ResultItemSchema = Strict({
  ...attemptKey,
  fenceProof: FenceProofSchema,
  end: OneOf(ENDS),
  reason: OneOf(END_REASONS),
  /** JSON text of the value, or null if there is none. */
  valueJson: Nullable(Text(RESULT_BYTES_MAX)),
  /** `json`: what the plugin returned. `text`: it was no JSON and is shown as text (then `valueJson` is a JSON string). */
  valueKind: OneOf(['json', 'text'] as const),
  error: Nullable(ReportedErrorSchema),
  /** By the client's clock; null when the plugin was never started. */
  startedAt: Nullable(EpochMsSchema),
  endedAt: EpochMsSchema,
  /** All the output there was, kept or not. */
  outputBytes: Sequence,
  /** What was cut to fit its limit. */
  cut: Strict({ output: Type.Boolean(), value: Type.Boolean() }),
})
export type ResultItem = Static<typeof ResultItemSchema>

export const ResultSchema = Strict({
  type: Type.Literal('result'),
  journalSeq: Sequence,
  results: Type.Array(ResultItemSchema, { minItems: 1, maxItems: BATCH_ITEMS_MAX }),
})

/**
 * A part of an `output` or a `result` that is long: a heartbeat would wait behind it for longer than presence, on a slow
 * line. `message` numbers what is sent in pieces in one session, from 1; the next begins when this one is whole.
 */
export const PieceSchema = Strict({
  type: Type.Literal('piece'),
  message: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  index: Type.Integer({ minimum: 0, maximum: PIECES_MAX - 1 }),
  of: Type.Integer({ minimum: 1, maximum: PIECES_MAX }),
  text: Text(PIECE_CHARACTERS_MAX),
})

/** The client stops in good order: the session ends now. */
export const LeavingSchema = Strict({ type: Type.Literal('leaving'), reason: Text(1_000) })

export const FromClientSchema = Type.Union([
  HelloSchema,
  InventorySchema,
  ClientHeartbeatSchema,
  SyncedSchema,
  AcceptedSchema,
  RejectedSchema,
  StartedSchema,
  ProgressSchema,
  OutputSchema,
  ResultSchema,
  PieceSchema,
  LeavingSchema,
])

export type Hello = Static<typeof HelloSchema>
export type Inventory = Static<typeof InventorySchema>
export type Synced = Static<typeof SyncedSchema>
export type Output = Static<typeof OutputSchema>
export type Result = Static<typeof ResultSchema>
export type Piece = Static<typeof PieceSchema>
export type FromClient = Static<typeof FromClientSchema>

/** Parses what arrives, once, at the edge. */
export const parseFromClient = messageParser(
  {
    hello: HelloSchema,
    inventory: InventorySchema,
    heartbeat: ClientHeartbeatSchema,
    synced: SyncedSchema,
    accepted: AcceptedSchema,
    rejected: RejectedSchema,
    started: StartedSchema,
    progress: ProgressSchema,
    output: OutputSchema,
    result: ResultSchema,
    piece: PieceSchema,
    leaving: LeavingSchema,
  },
  FromClientSchema,
)

/** The bytes a client signs in `hello`; every part is bound, so that nothing can be replayed elsewhere. */
export function helloText(parts: { serverId: string; clientId: string; nonce: string; protocol: number }): string {
  return ['octopus-hello-1', parts.serverId, parts.clientId, parts.nonce, String(parts.protocol)].join('\n')
}
