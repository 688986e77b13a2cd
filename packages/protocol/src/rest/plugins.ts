import { Type, type Static } from 'typebox'

import { ChecksumSchema, ClientIdSchema } from '#ids.ts'
import { BODY_BYTES_MAX } from '#limits.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'
import { LanguageSchema } from '#wire-values.ts'

import { AnyJson, InstantSchema, Page, pageQuery } from './common.ts'

export const PARAMETER_KINDS = ['positional', 'rest', 'named-only', 'named-rest'] as const

/** One parameter of an action, as read from the source. */
export const ParameterSchema = Strict({
  name: Type.String(),
  kind: OneOf(PARAMETER_KINDS),
  /** The annotation's or the default's type where it can be known, for the form. */
  type: OneOf(['string', 'integer', 'number', 'boolean', 'list', 'object', 'unknown'] as const),
  required: Type.Boolean(),
  /** True when the default is a plain JSON value; then it is in `default`. */
  hasDefault: Type.Boolean(),
  default: Type.Optional(AnyJson),
})
export type Parameter = Static<typeof ParameterSchema>

export const ActionSchema = Strict({
  name: Type.String(),
  doc: Type.String(),
  async: Type.Boolean(),
  parameters: Type.Array(ParameterSchema),
})
export type Action = Static<typeof ActionSchema>

export const SourceProblemSchema = Strict({ line: Type.Integer(), column: Type.Integer(), message: Type.String() })
export type SourceProblem = Static<typeof SourceProblemSchema>

export const PluginItemSchema = Strict({
  name: Type.String(),
  language: LanguageSchema,
  version: Type.Integer(),
  checksum: ChecksumSchema,
  sizeBytes: Type.Integer(),
  actions: Type.Array(ActionSchema),
  doc: Type.String(),
  /** Clients that have the current version, of the approved ones that are online. */
  coverage: Strict({ have: Type.Integer(), of: Type.Integer() }),
  /** A newer source that could not be published, e.g. a file with a syntax error. */
  problem: Nullable(Type.String()),
  updatedAt: InstantSchema,
  updatedBy: Type.String(),
  revision: Type.Integer(),
})
export type PluginItem = Static<typeof PluginItemSchema>
export const PluginSchema = Strict({ ...PluginItemSchema.properties, source: Type.String() })
export const PluginPageSchema = Page(PluginItemSchema)
export const PluginQuerySchema = Strict({ ...pageQuery })

/** Beyond PLUGIN_BYTES_MAX the answer is PLUGIN_TOO_LARGE, which names both sizes; so the schema lets it through. */
const source = Type.String({ maxLength: BODY_BYTES_MAX })

/** `PUT /plugins/{name}`: a new version, current at once. The same bytes again change nothing. */
export const PutPluginSchema = Strict({
  language: LanguageSchema,
  source,
})
/** `POST /plugins/check` */
export const CheckPluginSchema = Strict({
  language: LanguageSchema,
  source,
})
export const CheckedPluginSchema = Strict({
  actions: Type.Array(ActionSchema),
  doc: Type.String(),
  problems: Type.Array(SourceProblemSchema),
})

export const PluginVersionSchema = Strict({
  version: Type.Integer(),
  checksum: ChecksumSchema,
  sizeBytes: Type.Integer(),
  createdAt: InstantSchema,
  createdBy: Type.String(),
})
export const PluginVersionPageSchema = Page(PluginVersionSchema)

/** `GET /plugins/{name}/sync`: which client has the current version. */
export const PluginSyncSchema = Strict({
  checksum: ChecksumSchema,
  have: Type.Integer(),
  of: Type.Integer(),
  missing: Type.Array(Strict({ client: ClientIdSchema, name: Type.String(), reason: Type.String() })),
})
