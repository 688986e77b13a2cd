import { Type, type Static } from 'typebox'

import { ClientIdSchema, PluginNameSchema, RunIdSchema, TaskIdSchema, UserNameSchema } from '#ids.ts'
import {
  CRON_CHARACTERS_MAX,
  DEADLINE_SECONDS_MAX,
  INTERVAL_SECONDS_MAX,
  INTERVAL_SECONDS_MIN,
  PREVIEW_TIMES_MAX,
  PRIORITY_MAX,
  PRIORITY_MIN,
  RETRY_ATTEMPTS_MAX,
  RETRY_BACKOFF_SECONDS_MAX,
  TIMEOUT_SECONDS_MAX,
} from '#limits.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'
import { CATCH_UPS, ON_DISCONNECT, OUTCOMES, OVERLAPS, OWNERS, RETRY_ENDS, TASK_STATUSES, TASK_TYPES } from '#work.ts'

import { AnyJson, deletedQuery, InstantSchema, NullableInstant, Page, pageQuery } from './common.ts'

const argumentList = Type.Array(AnyJson, { maxItems: 1_000 })
const argumentMap = Type.Record(Type.String(), AnyJson)

export const RetrySchema = Strict({
  maxAttempts: Type.Integer({ minimum: 1, maximum: RETRY_ATTEMPTS_MAX }),
  /** The pause between the end of an attempt and the next one. */
  backoffSeconds: Type.Integer({ minimum: 0, maximum: RETRY_BACKOFF_SECONDS_MAX }),
  /** After which ends; `lost` says that it does no harm if the work is done twice. */
  on: Type.Array(OneOf(RETRY_ENDS), { maxItems: RETRY_ENDS.length, uniqueItems: true }),
})

export type Retry = Static<typeof RetrySchema>

const name = Type.String({ minLength: 1, maxLength: 200 })
const actionName = Type.String({ minLength: 1, maxLength: 255 })
const timeoutSeconds = Type.Integer({ minimum: 1, maximum: TIMEOUT_SECONDS_MAX })
const deadlineSeconds = Type.Integer({ minimum: 1, maximum: DEADLINE_SECONDS_MAX })
const intervalSeconds = Type.Integer({ minimum: INTERVAL_SECONDS_MIN, maximum: INTERVAL_SECONDS_MAX })
/** Five fields: minute, hour, day of the month, month, day of the week. */
const cron = Type.String({ maxLength: CRON_CHARACTERS_MAX })
/** An IANA name, like `Europe/Berlin`. */
const timeZone = Type.String({ maxLength: 64 })
const priority = Type.Integer({ minimum: PRIORITY_MIN, maximum: PRIORITY_MAX })

/** When a task is due. Times without an offset are refused: a time is an instant. */
const schedule = {
  startAt: Type.Optional(InstantSchema),
  endAt: Type.Optional(InstantSchema),
  intervalSeconds: Type.Optional(intervalSeconds),
  cron: Type.Optional(cron),
  /** For `cron`; UTC unless it is given. */
  timeZone: Type.Optional(timeZone),
}

/** Words that will mean something later. They are known so that the refusal says so. */
const reserved = {
  where: Type.Optional(AnyJson),
  reach: Type.Optional(AnyJson),
  after: Type.Optional(AnyJson),
  items: Type.Optional(AnyJson),
}

/** `POST /tasks`. */
export const CreateTaskSchema = Strict({
  name: Type.Optional(name),
  plugin: PluginNameSchema,
  action: Type.Optional(actionName),
  args: Type.Optional(argumentList),
  kwargs: Type.Optional(argumentMap),
  owner: OneOf(OWNERS),
  user: Type.Optional(UserNameSchema),
  type: OneOf(TASK_TYPES),
  ...schedule,
  timeoutSeconds: Type.Optional(timeoutSeconds),
  deadlineSeconds: Type.Optional(deadlineSeconds),
  onDisconnect: Type.Optional(OneOf(ON_DISCONNECT)),
  retry: Type.Optional(RetrySchema),
  catchUp: Type.Optional(OneOf(CATCH_UPS)),
  overlap: Type.Optional(OneOf(OVERLAPS)),
  priority: Type.Optional(priority),
  ...reserved,
})
export type CreateTask = Static<typeof CreateTaskSchema>

/**
 * `PATCH /tasks/{id}`: what is left out stays as it is; null takes a value back to its default. A task stays ad-hoc or
 * scheduled for ever. `intervalSeconds` takes the place of `cron`, and the other way round.
 */
export const ChangeTaskSchema = Strict({
  name: Type.Optional(name),
  plugin: Type.Optional(PluginNameSchema),
  action: Type.Optional(actionName),
  args: Type.Optional(argumentList),
  kwargs: Type.Optional(argumentMap),
  owner: Type.Optional(OneOf(OWNERS)),
  user: Type.Optional(Nullable(UserNameSchema)),
  startAt: Type.Optional(InstantSchema),
  endAt: Type.Optional(Nullable(InstantSchema)),
  intervalSeconds: Type.Optional(intervalSeconds),
  cron: Type.Optional(cron),
  timeZone: Type.Optional(timeZone),
  timeoutSeconds: Type.Optional(Nullable(timeoutSeconds)),
  deadlineSeconds: Type.Optional(Nullable(deadlineSeconds)),
  onDisconnect: Type.Optional(Nullable(OneOf(ON_DISCONNECT))),
  retry: Type.Optional(Nullable(RetrySchema)),
  catchUp: Type.Optional(OneOf(CATCH_UPS)),
  overlap: Type.Optional(OneOf(OVERLAPS)),
  priority: Type.Optional(priority),
  ...reserved,
})
export type ChangeTask = Static<typeof ChangeTaskSchema>

/** `POST /schedule/preview`: nothing is stored. */
export const PreviewScheduleSchema = Strict({
  ...schedule,
  /** The times after this instant; now unless it is given. */
  after: Type.Optional(InstantSchema),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: PREVIEW_TIMES_MAX })),
})
export type PreviewSchedule = Static<typeof PreviewScheduleSchema>

export const SchedulePreviewSchema = Strict({
  /** The schedule in words. */
  text: Type.String(),
  /** In which `local` is shown: the schedule's own, or UTC. */
  timeZone: Type.String(),
  times: Type.Array(
    Strict({
      at: InstantSchema,
      /** The clock on the wall there, with its offset: `2026-03-29T03:00:00+02:00`. */
      local: Type.String(),
      /** True: the clocks are put forward over the time that was meant, so it is due just after. */
      moved: Type.Boolean(),
    }),
  ),
  /** True: there are no further times. */
  complete: Type.Boolean(),
})
export type SchedulePreview = Static<typeof SchedulePreviewSchema>

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

export const MISSED_REASONS = ['outage', 'work-stopped', 'disk-full'] as const
export type MissedReason = (typeof MISSED_REASONS)[number]

/** Occurrences that were due and got no run: all of them so far, and the newest gap. */
const MissedSchema = Strict({
  count: Type.Integer(),
  last: Nullable(
    Strict({
      /** Due times of the first and the last one that was left out. */
      from: InstantSchema,
      to: InstantSchema,
      count: Type.Integer(),
      reason: OneOf(MISSED_REASONS),
    }),
  ),
})

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
  cron: Nullable(Type.String()),
  /** Of `cron`. */
  timeZone: Nullable(Type.String()),
  /** When it is due, in words. */
  scheduleText: Type.String(),
  timeoutSeconds: Type.Integer(),
  deadlineSeconds: Nullable(Type.Integer()),
  onDisconnect: OneOf(ON_DISCONNECT),
  retry: RetrySchema,
  catchUp: OneOf(CATCH_UPS),
  overlap: OneOf(OVERLAPS),
  priority: Type.Integer(),
  status: OneOf(TASK_STATUSES),
  outcome: Nullable(OneOf(OUTCOMES)),
  paused: Type.Boolean(),
  pausedAt: NullableInstant,
  /** Null: no further run is planned, or the task is paused. */
  nextRunAt: NullableInstant,
  missed: MissedSchema,
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
