import { Type, type Static } from 'typebox'

import { attemptKey, FenceProofSchema } from './attempt.ts'
import { ChecksumSchema, PluginNameSchema, SessionIdSchema } from './ids.ts'
import { ARGUMENT_BYTES_MAX, BATCH_ITEMS_MAX, INVENTORY_PAGE_ITEMS } from './limits.ts'
import { messageParser, Nullable, OneOf, Strict } from './schema.ts'
import { DurationMsSchema, EpochMsSchema, LanguageSchema } from './wire-values.ts'
import { DISPOSITIONS, ON_DISCONNECT, SLOT_KINDS, VERDICTS } from './work.ts'

const Sequence = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Text = (maxLength: number) => Type.String({ maxLength })

/** Frozen for ever: the first thing a server says. */
export const ChallengeSchema = Strict({
  type: Type.Literal('challenge'),
  protocols: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 16 }),
  serverId: Text(64),
  /** 32 random bytes, base64url, used once. */
  nonce: Text(64),
  serverTime: EpochMsSchema,
})

/** The session begins. It echoes heartbeat 0, which is `hello`. */
export const WelcomeSchema = Strict({
  type: Type.Literal('welcome'),
  sessionId: SessionIdSchema,
  /** Rises at every start of the server; a client that sees a new one knows that the server was restarted. */
  serverEpoch: Type.Integer({ minimum: 1 }),
  heartbeatMs: DurationMsSchema,
  presenceMs: DurationMsSchema,
  holdMs: DurationMsSchema,
  /** Lets this session fetch plugin bytes over HTTP; dies with the session. */
  downloadToken: Text(64),
  limits: Strict({
    messageBytesMax: Type.Integer({ minimum: 1 }),
    outputBytesMax: Type.Integer({ minimum: 1 }),
    resultBytesMax: Type.Integer({ minimum: 1 }),
  }),
})

export const REFUSALS = [
  'unknown-client',
  'not-approved',
  'revoked',
  'wrong-signature',
  'protocol-unknown',
  'duplicate-identity',
  'busy',
  'bad-message',
] as const

/** The session does not begin, or ends here. The connection is closed after it. */
export const RefusedSchema = Strict({
  type: Type.Literal('refused'),
  code: OneOf(REFUSALS),
  reason: Text(1_000),
  retryAfterMs: DurationMsSchema,
})

/** Answers an inventory, attempt by attempt. Only after the page with `last` may `execute` come. */
export const ReconciledSchema = Strict({
  type: Type.Literal('reconciled'),
  attempts: Type.Array(Strict({ ...attemptKey, verdict: OneOf(VERDICTS) }), { maxItems: INVENTORY_PAGE_ITEMS }),
  last: Type.Boolean(),
})

export const ServerHeartbeatSchema = Strict({
  type: Type.Literal('heartbeat'),
  seq: Sequence,
  /** The highest client `seq` received; the client's lease runs from when it sent that one. */
  echo: Sequence,
  serverTime: EpochMsSchema,
})

export const ManifestEntrySchema = Strict({
  name: PluginNameSchema,
  checksum: ChecksumSchema,
  language: LanguageSchema,
  sizeBytes: Type.Integer({ minimum: 0 }),
})
export type ManifestEntry = Static<typeof ManifestEntrySchema>

/** A change of the manifest: the list of plugin versions that clients must have. */
export const PluginsSchema = Strict({
  type: Type.Literal('plugins'),
  revision: Sequence,
  /** The list that this is the difference to. Null: `changed` is the whole list, and what is not in it goes. */
  from: Nullable(Sequence),
  changed: Type.Array(ManifestEntrySchema),
  removed: Type.Array(ChecksumSchema),
})

export const ExecuteItemSchema = Strict({
  ...attemptKey,
  fenceProof: FenceProofSchema,
  slot: Strict({ kind: OneOf(SLOT_KINDS), value: Text(64) }),
  plugin: PluginNameSchema,
  checksum: ChecksumSchema,
  language: LanguageSchema,
  action: Text(255),
  /** JSON text as it arrived at the server: a list and an object. Not re-serialised, so that 1.0 and 2^60 survive. */
  argsJson: Text(ARGUMENT_BYTES_MAX),
  kwargsJson: Text(ARGUMENT_BYTES_MAX),
  /** Counted from the arrival of this message; past it the answer is `rejected: too-late`. */
  startWithinMs: DurationMsSchema,
  timeoutMs: DurationMsSchema,
  onDisconnect: OneOf(ON_DISCONNECT),
  outputBytesMax: Type.Integer({ minimum: 0 }),
})
export type ExecuteItem = Static<typeof ExecuteItemSchema>

export const ExecuteSchema = Strict({
  type: Type.Literal('execute'),
  executions: Type.Array(ExecuteItemSchema, { minItems: 1, maxItems: BATCH_ITEMS_MAX }),
})

/** A request: the end comes as a result. */
export const CancelSchema = Strict({
  type: Type.Literal('cancel'),
  executions: Type.Array(
    Strict({ ...attemptKey, reason: OneOf(['cancelled', 'timed-out'] as const), ifNotStarted: Type.Boolean() }),
    { minItems: 1, maxItems: BATCH_ITEMS_MAX },
  ),
})

export const AcknowledgeSchema = Strict({
  type: Type.Literal('acknowledge'),
  results: Type.Array(Strict({ ...attemptKey, disposition: OneOf(DISPOSITIONS), code: Text(64) }), {
    maxItems: BATCH_ITEMS_MAX,
  }),
  /** Output is stored up to here; what is before it may be forgotten. */
  output: Type.Array(Strict({ ...attemptKey, storedBytes: Sequence }), { maxItems: BATCH_ITEMS_MAX }),
})

/** While on, the client gets no new work; what it runs goes on. */
export const DrainSchema = Strict({ type: Type.Literal('drain'), on: Type.Boolean() })

/** A planned stop: come back, to the same address, after this time. Nothing is stopped for it. */
export const MovingSchema = Strict({ type: Type.Literal('moving'), reconnectAfterMs: DurationMsSchema })

export const FromServerSchema = Type.Union([
  ChallengeSchema,
  WelcomeSchema,
  RefusedSchema,
  ReconciledSchema,
  ServerHeartbeatSchema,
  PluginsSchema,
  ExecuteSchema,
  CancelSchema,
  AcknowledgeSchema,
  DrainSchema,
  MovingSchema,
])

export type Challenge = Static<typeof ChallengeSchema>
export type Refused = Static<typeof RefusedSchema>
export type Reconciled = Static<typeof ReconciledSchema>
export type Plugins = Static<typeof PluginsSchema>
export type Execute = Static<typeof ExecuteSchema>
export type Cancel = Static<typeof CancelSchema>
export type Acknowledge = Static<typeof AcknowledgeSchema>
export type FromServer = Static<typeof FromServerSchema>

/** Parses what arrives, once, at the edge. */
export const parseFromServer = messageParser(
  {
    challenge: ChallengeSchema,
    welcome: WelcomeSchema,
    refused: RefusedSchema,
    reconciled: ReconciledSchema,
    heartbeat: ServerHeartbeatSchema,
    plugins: PluginsSchema,
    execute: ExecuteSchema,
    cancel: CancelSchema,
    acknowledge: AcknowledgeSchema,
    drain: DrainSchema,
    moving: MovingSchema,
  },
  FromServerSchema,
)
