import { Type } from 'typebox'

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

export type ClientId = Id<'ClientId'>
export type UserId = Id<'UserId'>
export type TaskId = Id<'TaskId'>
export type RunId = Id<'RunId'>
export type ExecutionId = Id<'ExecutionId'>
export type SessionId = Id<'SessionId'>
/** SHA-256 of a plugin's bytes, 64 lower-case hexadecimal digits. */
export type Checksum = Id<'Checksum'>

const uuid = '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'

function idSchema<Name extends string>() {
  return Type.Unsafe<Id<Name>>({ type: 'string', pattern: uuid })
}

export const ClientIdSchema = idSchema<'ClientId'>()
export const TaskIdSchema = idSchema<'TaskId'>()
export const RunIdSchema = idSchema<'RunId'>()
export const ExecutionIdSchema = idSchema<'ExecutionId'>()
export const SessionIdSchema = idSchema<'SessionId'>()
export const ChecksumSchema = Type.Unsafe<Checksum>({ type: 'string', pattern: '^[0-9a-f]{64}$' })

/** Plugin names: never part of a path, unique ignoring case. */
export const PLUGIN_NAME_PATTERN = '^[A-Za-z][A-Za-z0-9_-]{0,62}$'
export const PluginNameSchema = Type.String({ pattern: PLUGIN_NAME_PATTERN })
/** Sign-in names of users. */
export const USER_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$'
export const UserNameSchema = Type.String({ pattern: USER_NAME_PATTERN })
