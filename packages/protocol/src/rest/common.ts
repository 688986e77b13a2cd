import { Type, type TSchema } from 'typebox'

import { PAGE_ITEMS_MAX } from '#limits.ts'
import { Nullable, Strict } from '#schema.ts'

/** ISO 8601 in UTC with milliseconds, as answers print it. */
export const InstantSchema = Type.String({ format: 'date-time', maxLength: 40 })
export const NullableInstant = Nullable(InstantSchema)

/** A page of a list. `total` is counted by write where that is cheap, else it says that it is not exact. */
export function Page<T extends TSchema>(item: T) {
  return Strict({
    items: Type.Array(item),
    nextCursor: Nullable(Type.String()),
    total: Strict({ value: Type.Integer(), exact: Type.Boolean() }),
  })
}

/** Keyset paging: the cursor is opaque and bound to the filter. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_ITEMS_MAX })),
  /** Holds the last key seen: a client's name may have 255 characters of several bytes. */
  cursor: Type.Optional(Type.String({ maxLength: 2_048 })),
}

/** True: the deleted ones that can still be restored, and no others. */
export const deletedQuery = { deleted: Type.Optional(Type.Boolean()) }

export const ProblemDetailSchema = Strict({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.String(),
  fields: Type.Optional(Type.Array(Strict({ field: Type.String(), message: Type.String() }))),
  /** With 412, and with 409 where two changed one thing: the object as it is now. */
  current: Type.Optional(Type.Unsafe<unknown>({})),
})

/** Any JSON; what plugins take and return. */
export const AnyJson = Type.Unsafe<unknown>({})
