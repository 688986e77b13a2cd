import { Type, type Static } from 'typebox'

import { ClientIdSchema, PluginNameSchema, RunIdSchema, TaskIdSchema, UserNameSchema } from '#ids.ts'
import {
  DEADLINE_SECONDS_MAX,
  INTERVAL_SECONDS_MAX,
  INTERVAL_SECONDS_MIN,
  PRIORITY_MAX,
  PRIORITY_MIN,
  TIMEOUT_SECONDS_MAX,
} from '#limits.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'
import { ON_DISCONNECT, OUTCOMES, OWNERS, TASK_STATUSES, TASK_TYPES } from '#work.ts'

import { AnyJson, deletedQuery, InstantSchema, NullableInstant, Page, pageQuery } from './common.ts'

const argumentList = Type.Array(AnyJson, { maxItems: 1_000 })
const argumentMap = Type.Record(Type.String(), AnyJson)

export const RetrySchema = Strict({
  maxAttempts: Type.Integer({ minimum: 1, maximum: 100 }),
  backoffSeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
  on: Type.Array(OneOf(['failed', 'timed-out', 'lost'] as const), { maxItems: 3, uniqueItems: true }),
})

/** `POST /tasks`. Times without an offset are refused: a time is an instant. */
export const CreateTaskSchema = Strict({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  plugin: PluginNameSchema,
  action: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  args: Type.Optional(argumentList),
  kwargs: Type.Optional(argumentMap),
  owner: OneOf(OWNERS),
  user: Type.Optional(UserNameSchema),
  type: OneOf(TASK_TYPES),
  startAt: Type.Optional(InstantSchema),
  endAt: Type.Optional(InstantSchema),
  intervalSeconds: Type.Optional(Type.Integer({ minimum: INTERVAL_SECONDS_MIN, maximum: INTERVAL_SECONDS_MAX })),
  cron: Type.Optional(Type.String({ maxLength: 200 })),
  timeZone: Type.Optional(Type.String({ maxLength: 64 })),
  timeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: TIMEOUT_SECONDS_MAX })),
  deadlineSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: DEADLINE_SECONDS_MAX })),
  onDisconnect: Type.Optional(OneOf(ON_DISCONNECT)),
  retry: Type.Optional(RetrySchema),
  catchUp: Type.Optional(OneOf(['none', 'last', 'all'] as const)),
  overlap: Type.Optional(OneOf(['skip', 'queue', 'allow', 'cancel-previous'] as const)),
  priority: Type.Optional(Type.Integer({ minimum: PRIORITY_MIN, maximum: PRIORITY_MAX })),
  where: Type.Optional(AnyJson),
  reach: Type.Optional(AnyJson),
  after: Type.Optional(AnyJson),
  items: Type.Optional(AnyJson),
})
export type CreateTask = Static<typeof CreateTaskSchema>

/** Executions by state; every state is there, also when it is 0. */
export const CountsSchema = Strict({
  total: Type.Integer(),
  queued: Type.Integer(),
  assigned: Type.Integer(),
  running: Type.Integer(),
  disconnected: Type.Integer(),
  succeeded: Type.Integer(),
  failed: Type.Integer(),
  'timed-out': Type.Integer(),
  cancelled: Type.Integer(),
  expired: Type.Integer(),
  lost: Type.Integer(),
  skipped: Type.Integer(),
})
export type Counts = Static<typeof CountsSchema>

export const WaitingForSchema = Type.Array(Strict({ code: Type.String(), text: Type.String(), since: InstantSchema }))

export const TaskSchema = Strict({
  id: TaskIdSchema,
  name: Type.String(),
  plugin: Type.String(),
  action: Type.String(),
  args: argumentList,
  kwargs: argumentMap,
  owner: OneOf(OWNERS),
  user: Nullable(Type.String()),
  type: OneOf(TASK_TYPES),
  startAt: NullableInstant,
  endAt: NullableInstant,
  intervalSeconds: Nullable(Type.Integer()),
  timeoutSeconds: Type.Integer(),
  deadlineSeconds: Nullable(Type.Integer()),
  onDisconnect: OneOf(ON_DISCONNECT),
  retry: RetrySchema,
  catchUp: Type.String(),
  overlap: Type.String(),
  priority: Type.Integer(),
  status: OneOf(TASK_STATUSES),
  outcome: Nullable(OneOf(OUTCOMES)),
  paused: Type.Boolean(),
  nextRunAt: NullableInstant,
  waitingFor: WaitingForSchema,
  counts: CountsSchema,
  lastRun: Nullable(RunIdSchema),
  revision: Type.Integer(),
  createdAt: InstantSchema,
  createdBy: Type.String(),
  deletedAt: NullableInstant,
})
export type Task = Static<typeof TaskSchema>
export const TaskPageSchema = Page(TaskSchema)

export const TaskQuerySchema = Strict({
  ...pageQuery,
  ...deletedQuery,
  status: Type.Optional(OneOf(TASK_STATUSES)),
  plugin: Type.Optional(Type.String({ maxLength: 63 })),
  owner: Type.Optional(OneOf(OWNERS)),
  type: Type.Optional(OneOf(TASK_TYPES)),
  /** `next-run`: those that have a next run, the nearest first. Newest first unless told otherwise. */
  sort: Type.Optional(OneOf(['newest', 'next-run'] as const)),
})

/** `POST /tasks/{id}/runs`: run now, with other arguments if wanted. */
export const RunNowSchema = Strict({ args: Type.Optional(argumentList), kwargs: Type.Optional(argumentMap) })

/** How many clients each owner reaches at this moment, for the form. */
export const ReachSchema = Strict({
  all: Type.Integer(),
  anyone: Type.Integer(),
  users: Type.Array(Strict({ user: Type.String(), clients: Type.Array(ClientIdSchema), online: Type.Boolean() })),
})
