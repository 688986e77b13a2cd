import { Type, type Static } from 'typebox'

import { UserNameSchema } from '#ids.ts'
import { ROLES } from '#roles.ts'
import { Nullable, OneOf, Strict } from '#schema.ts'

import { deletedQuery, InstantSchema, NullableInstant, Page, pageQuery } from './common.ts'

/** At least 12 characters: length is what makes a password hard to guess (NIST SP 800-63B). */
export const PASSWORD_CHARACTERS_MIN = 12
const password = Type.String({ minLength: PASSWORD_CHARACTERS_MIN, maxLength: 256 })

export const SetupSchema = Strict({ token: Type.String({ maxLength: 128 }), name: UserNameSchema, password })
export const LoginSchema = Strict({ name: Type.String({ maxLength: 64 }), password: Type.String({ maxLength: 256 }) })
/** A one-time sign-in link's token. */
export const LoginLinkSchema = Strict({ token: Type.String({ maxLength: 128 }) })

export const MeSchema = Strict({
  name: Type.String(),
  role: OneOf(ROLES),
  /** How this request signed in. */
  by: OneOf(['session', 'token'] as const),
  /** Send it as `x-octopus-csrf` with every changing request of a session; null for tokens. */
  csrfToken: Nullable(Type.String()),
})
export type Me = Static<typeof MeSchema>

export const UserSchema = Strict({
  name: Type.String(),
  displayName: Type.String(),
  role: Nullable(OneOf(ROLES)),
  /** Without a password a user only owns clients and cannot sign in. */
  canSignIn: Type.Boolean(),
  disabled: Type.Boolean(),
  clients: Type.Integer(),
  createdAt: InstantSchema,
  deletedAt: NullableInstant,
  revision: Type.Integer(),
})
export type User = Static<typeof UserSchema>
export const UserPageSchema = Page(UserSchema)
export const UserQuerySchema = Strict({ ...pageQuery, ...deletedQuery })
export const TokenQuerySchema = Strict({ ...pageQuery })
export const CreateUserSchema = Strict({
  name: UserNameSchema,
  displayName: Type.Optional(Type.String({ maxLength: 200 })),
  role: Type.Optional(OneOf(ROLES)),
  password: Type.Optional(password),
})
export const ChangeUserSchema = Strict({
  displayName: Type.Optional(Type.String({ maxLength: 200 })),
  role: Type.Optional(Nullable(OneOf(ROLES))),
  password: Type.Optional(password),
  disabled: Type.Optional(Type.Boolean()),
})

export const ApiTokenSchema = Strict({
  id: Type.String(),
  name: Type.String(),
  role: OneOf(ROLES),
  user: Type.String(),
  prefix: Type.String(),
  createdAt: InstantSchema,
  expiresAt: InstantSchema,
  lastUsedAt: NullableInstant,
})
export const ApiTokenPageSchema = Page(ApiTokenSchema)
export const CreateApiTokenSchema = Strict({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  role: OneOf(ROLES),
  expiresInSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 31_622_400 })),
})
export const CreatedApiTokenSchema = Strict({ ...ApiTokenSchema.properties, token: Type.String() })
