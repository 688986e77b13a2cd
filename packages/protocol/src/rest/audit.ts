import { Type, type Static } from 'typebox'

import { OneOf, Strict } from '#schema.ts'

import { AnyJson, InstantSchema, Page, pageQuery } from './common.ts'

export const ACTOR_KINDS = ['user', 'token', 'client', 'system'] as const

/** One line of the audit trail. Its details hold no secret, and what clients said in them is hostile text. */
export const AuditEntrySchema = Strict({
  id: Type.String(),
  at: InstantSchema,
  actor: Strict({ kind: OneOf(ACTOR_KINDS), name: Type.String() }),
  /** What was done, as `thing.verb`. */
  action: Type.String(),
  /** To what: an id or a name. */
  subject: Type.String(),
  details: Type.Record(Type.String(), AnyJson),
})
export type AuditEntry = Static<typeof AuditEntrySchema>
export const AuditPageSchema = Page(AuditEntrySchema)

/** Newest first; `from` is included, `to` is not. */
export const AuditQuerySchema = Strict({
  ...pageQuery,
  /** The whole name, as an entry shows it: `ann`, `ann/token`, a client's id. */
  actor: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  action: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  subject: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  from: Type.Optional(InstantSchema),
  to: Type.Optional(InstantSchema),
})
