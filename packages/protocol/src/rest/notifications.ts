import { Type, type Static } from 'typebox'

import { ClientIdSchema, RunIdSchema, TaskIdSchema } from '#ids.ts'
import { RECIPIENTS_MAX, TARGET_TASKS_MAX } from '#limits.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'

import { InstantSchema, NullableInstant, Page, pageQuery } from './common.ts'

/** What people can be told of. `client-vanished`: a PC fell silent without a goodbye and is not back after minutes. */
export const NOTIFICATION_EVENTS = ['failed', 'timed-out', 'expired', 'lost', 'client-vanished'] as const
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number]

export const TARGET_KINDS = ['webhook', 'e-mail'] as const
export type TargetKind = (typeof TARGET_KINDS)[number]

export const MESSAGE_STATES = ['waiting', 'sent', 'dead'] as const
export type MessageState = (typeof MESSAGE_STATES)[number]

const nameSchema = Type.String({ minLength: 1, maxLength: 100 })
const urlSchema = Type.String({ minLength: 1, maxLength: 2_000 })
const secretSchema = Type.String({ minLength: 16, maxLength: 200 })
const recipientsSchema = Type.Array(Type.String({ minLength: 3, maxLength: 254 }), { maxItems: RECIPIENTS_MAX })
const eventsSchema = Type.Array(OneOf(NOTIFICATION_EVENTS), { minItems: 1, maxItems: NOTIFICATION_EVENTS.length })
const tasksSchema = Nullable(Type.Array(TaskIdSchema, { minItems: 1, maxItems: TARGET_TASKS_MAX }))

/** `url` belongs to a webhook, `recipients` to an e-mail target. */
export const CreateTargetSchema = Strict({
  name: nameSchema,
  kind: OneOf(TARGET_KINDS),
  url: Type.Optional(urlSchema),
  /** Signs what a webhook gets (HMAC-SHA256). It is never shown again. */
  secret: Type.Optional(secretSchema),
  recipients: Type.Optional(recipientsSchema),
  events: Type.Optional(eventsSchema),
  /** Only of these tasks; null: of all, and of clients. */
  tasks: Type.Optional(tasksSchema),
  enabled: Type.Optional(Type.Boolean()),
})

export const ChangeTargetSchema = Strict({
  name: Type.Optional(nameSchema),
  url: Type.Optional(urlSchema),
  /** null takes the signature away. */
  secret: Type.Optional(Nullable(secretSchema)),
  recipients: Type.Optional(recipientsSchema),
  events: Type.Optional(eventsSchema),
  tasks: Type.Optional(tasksSchema),
  enabled: Type.Optional(Type.Boolean()),
})

export const TargetSchema = Strict({
  id: Type.String(),
  name: Type.String(),
  kind: OneOf(TARGET_KINDS),
  url: Nullable(Type.String()),
  /** Whether there is a secret; its text is never shown. */
  signed: Type.Boolean(),
  recipients: Type.Array(Type.String()),
  events: Type.Array(OneOf(NOTIFICATION_EVENTS)),
  tasks: Nullable(Type.Array(TaskIdSchema)),
  enabled: Type.Boolean(),
  lastSentAt: NullableInstant,
  /** Why the last try failed; null once one has succeeded. */
  problem: Nullable(Type.String()),
  revision: Type.Integer(),
  createdAt: InstantSchema,
  createdBy: Type.String(),
})
export const TargetQuerySchema = Strict({ ...pageQuery })
export const TargetPageSchema = Page(TargetSchema)

/** What became of a test message, at once. */
export const TestOutcomeSchema = Strict({
  delivered: Type.Boolean(),
  problem: Nullable(Type.String()),
  tookMs: Type.Integer(),
})

/** One line of a message: how often this happened since the last message, in one run or at one client. */
export const NoticeSchema = Strict({
  event: OneOf(NOTIFICATION_EVENTS),
  count: Type.Integer(),
  firstAt: InstantSchema,
  lastAt: InstantSchema,
  task: Nullable(Strict({ id: TaskIdSchema, name: Type.String() })),
  run: Nullable(RunIdSchema),
  client: Nullable(Strict({ id: ClientIdSchema, name: Type.String() })),
  /** One of them, to look at. */
  execution: Nullable(Type.String()),
})
export type Notice = Static<typeof NoticeSchema>

/** The JSON that a webhook is sent. */
export const WebhookBodySchema = Strict({
  id: Type.String(),
  at: InstantSchema,
  server: Type.String(),
  text: Type.String(),
  test: Type.Boolean(),
  notices: Type.Array(NoticeSchema),
  /** Notices that did not fit. */
  more: Type.Integer(),
})

export const MessageQuerySchema = Strict({
  ...pageQuery,
  state: Type.Optional(OneOf(MESSAGE_STATES)),
  target: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
})

export const MessageSchema = Strict({
  id: Type.String(),
  target: Strict({ id: Type.String(), name: Type.String() }),
  state: OneOf(MESSAGE_STATES),
  notices: Type.Array(NoticeSchema),
  more: Type.Integer(),
  tries: Type.Integer(),
  problem: Nullable(Type.String()),
  createdAt: InstantSchema,
  nextTryAt: NullableInstant,
  endedAt: NullableInstant,
})
export const MessagePageSchema = Page(MessageSchema)
