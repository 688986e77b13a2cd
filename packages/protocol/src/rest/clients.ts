import { Type, type Static } from 'typebox'

import { CLIENT_STATUSES } from '#enroll.ts'
import { ReportedSchema, RuntimeSchema } from '#from-client.ts'
import { ClientIdSchema, UserNameSchema } from '#ids.ts'
import { LABEL_CHARACTERS_MAX, LABELS_MAX, SLOTS_MAX } from '#limits.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'

import { deletedQuery, InstantSchema, NullableInstant, Page, pageQuery } from './common.ts'

export const PRESENCES = ['online', 'offline'] as const

const labels = Type.Array(Type.String({ minLength: 1, maxLength: LABEL_CHARACTERS_MAX }), { maxItems: LABELS_MAX })

export const ClientSchema = Strict({
  id: ClientIdSchema,
  name: Type.String(),
  user: Nullable(Type.String()),
  status: OneOf(CLIENT_STATUSES),
  presence: OneOf(PRESENCES),
  draining: Type.Boolean(),
  labels,
  version: Type.String(),
  /** SHA-256 of the public key, to compare at approval. */
  fingerprint: Type.String(),
  /** What the PC says of itself; carries no rights. */
  reported: Nullable(ReportedSchema),
  runtimes: Type.Array(RuntimeSchema),
  slots: Nullable(Strict({ total: Type.Integer(), used: Type.Integer() })),
  /** At most so many executions side by side, as set here; null: as many as the PC offers. */
  slotsLimit: Nullable(Type.Integer()),
  plugins: Strict({ manifestRevision: Type.Integer(), inSync: Type.Boolean(), missing: Type.Integer() }),
  lastSeenAt: NullableInstant,
  createdAt: InstantSchema,
  deletedAt: NullableInstant,
  revision: Type.Integer(),
})
export type Client = Static<typeof ClientSchema>
export const ClientPageSchema = Page(ClientSchema)

export const ClientQuerySchema = Strict({
  ...pageQuery,
  ...deletedQuery,
  status: Type.Optional(OneOf(CLIENT_STATUSES)),
  presence: Type.Optional(OneOf(PRESENCES)),
  user: Type.Optional(Type.String({ maxLength: 64 })),
  /** The beginning of the name, upper and lower case the same. */
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  label: Type.Optional(Type.String({ minLength: 1, maxLength: LABEL_CHARACTERS_MAX })),
})

/** `PATCH /clients/{id}` */
export const ChangeClientSchema = Strict({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  user: Type.Optional(Nullable(UserNameSchema)),
  labels: Type.Optional(labels),
  /** Less than the PC offers; null takes the limit away. */
  slotsLimit: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: SLOTS_MAX }))),
})
/** `POST /clients/{id}/approve` */
export const ApproveClientSchema = Strict({ user: Type.Optional(UserNameSchema) })

export const EnrollmentTokenSchema = Strict({
  id: Type.String(),
  user: Nullable(Type.String()),
  approves: Type.Boolean(),
  usesLeft: Type.Integer(),
  expiresAt: InstantSchema,
  createdAt: InstantSchema,
  createdBy: Type.String(),
})
export const EnrollmentTokenPageSchema = Page(EnrollmentTokenSchema)
export const CreateEnrollmentTokenSchema = Strict({
  user: Type.Optional(UserNameSchema),
  /** True: clients that use it need no further approval. */
  approves: Type.Optional(Type.Boolean()),
  maxUses: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
  expiresInSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 2_592_000 })),
})
/** Each installs and enrols a PC: for Linux and macOS, for Windows; and the systems that there are clients for. */
const InstallLinesSchema = Strict({ sh: Type.String(), powershell: Type.String(), targets: Type.Array(Type.String()) })
/** The token's text is shown this once and stored only as a hash. */
export const CreatedEnrollmentTokenSchema = Strict({
  ...EnrollmentTokenSchema.properties,
  token: Type.String(),
  /** The line to copy on a PC that has a copy of Octopus. */
  command: Type.String(),
  /** The lines to copy on any other PC; null where the server has no packed clients. */
  install: Nullable(InstallLinesSchema),
})
