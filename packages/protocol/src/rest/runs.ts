import { Type, type Static } from 'typebox'

import { ExecutionIdSchema, RunIdSchema, TaskIdSchema } from '#ids.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'
import {
  EXECUTION_STATES,
  FINAL_STATES,
  ON_DISCONNECT,
  OUTCOMES,
  RETRY_ENDS,
  RUN_STATUSES,
  SLOT_KINDS,
  STREAMS,
} from '#work.ts'

import { AnyJson, InstantSchema, NullableInstant, Page, pageQuery } from './common.ts'
import { CountsSchema, RetrySchema, WaitingForSchema } from './tasks.ts'

export const CAUSE_KINDS = ['schedule', 'catch-up', 'manual', 'retry'] as const

export const RunSchema = Strict({
  id: RunIdSchema,
  task: Strict({ id: TaskIdSchema, name: Type.String(), plugin: Type.String(), action: Type.String() }),
  occurrence: Type.String(),
  dueAt: InstantSchema,
  cause: Strict({ kind: OneOf(CAUSE_KINDS), by: Nullable(Type.String()), of: Nullable(Type.String()) }),
  status: OneOf(RUN_STATUSES),
  outcome: Nullable(OneOf(OUTCOMES)),
  /** Said when nothing was executed, in words. */
  note: Nullable(Type.String()),
  /** A source that was tried out on one client; it belongs to no task that lists show. */
  try: Type.Boolean(),
  audienceSize: Type.Integer(),
  counts: CountsSchema,
  cancelRequestedAt: NullableInstant,
  createdAt: InstantSchema,
  endedAt: NullableInstant,
})
export type Run = Static<typeof RunSchema>
export const RunPageSchema = Page(RunSchema)

/** Newest first. `from` (included) and `to` (not included) are when the run came to be. */
export const RunQuerySchema = Strict({
  ...pageQuery,
  task: Type.Optional(TaskIdSchema),
  status: Type.Optional(OneOf(RUN_STATUSES)),
  outcome: Type.Optional(OneOf(OUTCOMES)),
  from: Type.Optional(InstantSchema),
  to: Type.Optional(InstantSchema),
})
export const RunResultsQuerySchema = Strict({ ...pageQuery })

const SlotSchema = Strict({ kind: OneOf(SLOT_KINDS), value: Type.String(), label: Type.String() })

const ResultAnswer = Strict({
  value: Type.Optional(AnyJson),
  /** `text`: the value was no JSON and is shown as text. */
  kind: OneOf(['json', 'text'] as const),
  error: Nullable(Strict({ message: Type.String(), type: Type.String(), stack: Type.String() })),
  cut: Strict({ output: Type.Boolean(), value: Type.Boolean() }),
})

/** One line of a list of executions; the result's body is in the single answer only. */
export const ExecutionItemSchema = Strict({
  id: ExecutionIdSchema,
  run: RunIdSchema,
  task: Strict({ id: TaskIdSchema, name: Type.String() }),
  plugin: Strict({ name: Type.String(), version: Nullable(Type.Integer()), checksum: Type.String() }),
  action: Type.String(),
  /** A source that was tried out on one client: its version is null unless it was one of the plugin's. */
  try: Type.Boolean(),
  slot: SlotSchema,
  client: Nullable(Strict({ id: Type.String(), name: Type.String() })),
  state: OneOf(EXECUTION_STATES),
  reason: Nullable(Type.String()),
  attempt: Type.Integer(),
  cancelRequestedAt: NullableInstant,
  dueAt: InstantSchema,
  queuedAt: InstantSchema,
  assignedAt: NullableInstant,
  startedAt: NullableInstant,
  endedAt: NullableInstant,
  /** While it is not final: the time at which the server alone ends it. */
  endsAtLatest: NullableInstant,
})
export type ExecutionItem = Static<typeof ExecutionItemSchema>

/** An attempt that another one followed. The last attempt is the execution's own state and result. */
const EarlierAttempt = Strict({
  attempt: Type.Integer(),
  fence: Type.Integer(),
  client: Strict({ id: Type.String(), name: Type.String() }),
  end: OneOf(RETRY_ENDS),
  reason: Type.String(),
  /** False: nobody has seen its process end; the server's own limit or the end of hold ended it. */
  proved: Type.Boolean(),
  assignedAt: NullableInstant,
  startedAt: NullableInstant,
  endedAt: InstantSchema,
  result: Nullable(ResultAnswer),
})

export const ExecutionSchema = Strict({
  ...ExecutionItemSchema.properties,
  /** What the run wants after an end that is no success. */
  retry: RetrySchema,
  onDisconnect: OneOf(ON_DISCONNECT),
  /** While it waits for its next attempt: not before this time. */
  notBefore: NullableInstant,
  /** Why it has not gone on. */
  waitingFor: WaitingForSchema,
  /** Earlier attempts, the first one first. */
  attempts: Type.Array(EarlierAttempt),
  args: Type.Array(AnyJson),
  kwargs: Type.Record(Type.String(), AnyJson),
  fence: Nullable(Type.Integer()),
  progress: Nullable(Strict({ fraction: Nullable(Type.Number()), text: Type.String() })),
  outputBytes: Type.Integer(),
  result: Nullable(ResultAnswer),
  lateResults: Type.Array(
    Strict({
      attempt: Type.Integer(),
      fence: Type.Integer(),
      end: Type.String(),
      reason: Type.String(),
      client: Type.String(),
      receivedAt: InstantSchema,
      result: ResultAnswer,
    }),
  ),
})
export type Execution = Static<typeof ExecutionSchema>
export const ExecutionPageSchema = Page(ExecutionItemSchema)

const digest = Type.String({ pattern: '^[0-9a-f]{32}$' })

/** Newest first; of one run in the order of its slots. `from` (included) and `to` (not included) are when it was queued. */
export const ExecutionQuerySchema = Strict({
  ...pageQuery,
  task: Type.Optional(TaskIdSchema),
  run: Type.Optional(RunIdSchema),
  client: Type.Optional(Type.String({ maxLength: 64 })),
  /** Made for this user, or done by a client of theirs. */
  user: Type.Optional(Type.String({ maxLength: 64 })),
  state: Type.Optional(OneOf(EXECUTION_STATES)),
  /** A group of `GET /runs/{id}/results`; only together with `run`. */
  digest: Type.Optional(digest),
  from: Type.Optional(InstantSchema),
  to: Type.Optional(InstantSchema),
})

/** One group of equal ends within a run: of results, the same state, value and error; without a result, the same state and reason. */
export const ResultGroupSchema = Strict({
  digest: Type.String(),
  count: Type.Integer(),
  state: OneOf(FINAL_STATES),
  sample: Strict({
    execution: ExecutionIdSchema,
    slot: SlotSchema,
    client: Nullable(Strict({ id: Type.String(), name: Type.String() })),
    reason: Nullable(Type.String()),
    /** The beginning of the value as it is stored; null when there is none. */
    preview: Nullable(Type.String()),
    error: Nullable(Strict({ message: Type.String(), type: Type.String() })),
    /** The preview or the message is only the beginning. */
    cut: Type.Boolean(),
  }),
})
export type ResultGroup = Static<typeof ResultGroupSchema>
/** The largest groups first. */
export const ResultGroupPageSchema = Page(ResultGroupSchema)

export const OutputQuerySchema = Strict({
  from: Type.Optional(Type.Integer({ minimum: 0 })),
  raw: Type.Optional(OneOf(['1'] as const)),
})
export const OutputPageSchema = Strict({
  /**
   * The attempt that printed it; null while nothing is stored. A newer attempt's output takes the place of the older
   * one's: who has read on from a byte and finds another attempt here begins anew at byte 0.
   */
  attempt: Nullable(Type.Integer()),
  items: Type.Array(Strict({ offset: Type.Integer(), stream: OneOf(STREAMS), at: InstantSchema, text: Type.String() })),
  /** Where to read on. */
  next: Type.Integer(),
  /** True when the execution is final and everything kept has been read. */
  complete: Type.Boolean(),
})
