import { Type, type Static } from 'typebox'

import { ChecksumSchema, ClientIdSchema } from '#ids.ts'
import { BODY_BYTES_MAX, TIMEOUT_SECONDS_MAX } from '#limits.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'
import { LanguageSchema } from '#wire-values.ts'

import { AnyJson, deletedQuery, InstantSchema, NullableInstant, Page, pageQuery } from './common.ts'

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
  deletedAt: NullableInstant,
  revision: Type.Integer(),
})
export type PluginItem = Static<typeof PluginItemSchema>
export const PluginSchema = Strict({ ...PluginItemSchema.properties, source: Type.String() })
export const PluginPageSchema = Strict({
  ...Page(PluginItemSchema).properties,
  /** Files in the server's inbox that are not published as they are, whether or not their plugin ever was. */
  inboxProblems: Type.Array(Strict({ file: Type.String(), problem: Type.String(), since: InstantSchema })),
})
export const PluginQuerySchema = Strict({ ...pageQuery, ...deletedQuery })
export const VersionQuerySchema = Strict({ ...pageQuery })

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

/** `POST /plugins/{name}/versions`: a new version, current at once, unless somebody published another one meanwhile. */
export const CreateVersionSchema = Strict({
  language: LanguageSchema,
  source,
  /** The checksum that was current when the author began; null: there was no such plugin. */
  basedOn: Nullable(ChecksumSchema),
})

/** `PUT /plugins/{name}/current`: an old version's bytes become current again, under a new number. */
export const SetCurrentSchema = Strict({ checksum: ChecksumSchema })

/** `POST /plugins/{name}/try`: runs a source on one client now. Without `source`, the current version. */
export const TryPluginSchema = Strict({
  client: ClientIdSchema,
  source: Type.Optional(source),
  /** Of `source`; the plugin's own unless it is given. */
  language: Type.Optional(LanguageSchema),
  action: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  args: Type.Optional(Type.Array(AnyJson, { maxItems: 1_000 })),
  kwargs: Type.Optional(Type.Record(Type.String(), AnyJson)),
  timeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: TIMEOUT_SECONDS_MAX })),
})

export const VERSION_STATES = ['current', 'superseded'] as const

export const PluginVersionItemSchema = Strict({
  version: Type.Integer(),
  checksum: ChecksumSchema,
  language: LanguageSchema,
  sizeBytes: Type.Integer(),
  createdAt: InstantSchema,
  createdBy: Type.String(),
  state: OneOf(VERSION_STATES),
  /** The version that its author saw before; null where nobody said. */
  basedOn: Nullable(Type.Integer()),
})
export type PluginVersionItem = Static<typeof PluginVersionItemSchema>
export const PluginVersionPageSchema = Page(PluginVersionItemSchema)
/** `GET /plugins/{name}/versions/{version}` */
export const PluginVersionSchema = Strict({
  ...PluginVersionItemSchema.properties,
  actions: Type.Array(ActionSchema),
  doc: Type.String(),
  source: Type.String(),
})

/** `GET /plugins/{name}/sync`: which client has which version. */
export const PluginSyncSchema = Strict({
  /** The current version, and of the approved clients that are connected, how many have it. */
  checksum: ChecksumSchema,
  have: Type.Integer(),
  of: Type.Integer(),
  /** Approved clients that are not connected: they fetch it when they come. */
  offline: Type.Integer(),
  /** Those that lack the current version, and why; at most 200 are named. */
  missing: Type.Array(Strict({ client: ClientIdSchema, name: Type.String(), reason: Type.String() })),
  /** Every version that clients must have now: the current one, and those that work in hand still needs. */
  versions: Type.Array(
    Strict({
      version: Type.Integer(),
      checksum: ChecksumSchema,
      state: OneOf(VERSION_STATES),
      have: Type.Integer(),
      /** Runs that are not completed and were planned with it. */
      openRuns: Type.Integer(),
    }),
  ),
})
