import { Type, type Static } from 'typebox'

import { ClientIdSchema } from '#ids.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'
import { BRAKE_REASONS } from '#work.ts'

import { InstantSchema, NullableInstant } from './common.ts'

/** While it is on, nothing that is out of contact is lost or given to another client by time alone. */
export const BrakeSchema = Strict({
  on: Type.Boolean(),
  reason: Nullable(OneOf(BRAKE_REASONS)),
  since: NullableInstant,
  /** At the latest it ends then. */
  endsAt: NullableInstant,
  /** Clients that it waits for, and how many of them are back. */
  gone: Type.Integer(),
  back: Type.Integer(),
  /** A client has proved a hand-over that this store does not know: an older backup was restored. Nothing goes out. */
  futureFence: Nullable(Strict({ client: ClientIdSchema, fence: Type.Integer(), since: InstantSchema })),
})
export type Brake = Static<typeof BrakeSchema>
