import { Type, type Static } from 'typebox'

import { ClientIdSchema, TaskIdSchema } from '#ids.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'

import { NullableInstant } from './common.ts'

/** `client`: as the client told it, held between the hand-over and the arrival of what it told. */
export const WHY_CLOCKS = ['server', 'client'] as const
/** `never`: it did not happen, and the text says why; `next`: at the latest then. */
export const WHY_STATES = ['done', 'now', 'never', 'next'] as const

/** `output`: at least so much is proved by the times of its output; `heartbeat`: so much when the client was heard last, give or take the way. */
export const SKEW_SOURCES = ['output', 'heartbeat'] as const
export type SkewSource = (typeof SKEW_SOURCES)[number]

export const WhyQuerySchema = Strict({ task: TaskIdSchema, client: ClientIdSchema })

/** What happened, what is, and what can come, in the order of an execution's life. */
export const WhySchema = Strict({
  summary: Type.String(),
  steps: Type.Array(
    Strict({
      code: Type.String(),
      text: Type.String(),
      /** Null: the time is not stored, or it is none. */
      at: NullableInstant,
      clock: OneOf(WHY_CLOCKS),
      state: OneOf(WHY_STATES),
    }),
  ),
  /** By how much the client's clock is ahead of the server's (below zero: behind); null: nothing shows any. */
  clockSkewMs: Nullable(Type.Integer()),
  clockSkewFrom: Nullable(OneOf(SKEW_SOURCES)),
})
export type Why = Static<typeof WhySchema>
