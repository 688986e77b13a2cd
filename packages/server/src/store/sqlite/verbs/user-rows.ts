import type { UserId } from '@octopus/protocol/ids.ts'
import { type Role, ROLES } from '@octopus/protocol/roles.ts'

import type { Tx } from '#store/sqlite/tx.ts'
import type { ApiTokenRecord, EnrollmentTokenRecord, UserRecord } from '#users/user-store.ts'

/** Names are unique ignoring case; their letters are ASCII. */
export function nameKey(name: string): string {
  return name.toLowerCase()
}

/** What decides about a user, without the list's extras. */
export interface UserRow {
  readonly id: string
  readonly name: string
  readonly display_name: string
  readonly role: string | null
  readonly password_hash: string | null
  readonly disabled_at: number | null
  readonly revision: number
  readonly created_at: number
  readonly deleted_at: number | null
}

export function findUser(tx: Tx, name: string): UserRow | undefined {
  return tx.get<UserRow>('select * from user where name_key = ? and deleted_at is null', nameKey(name))
}

/** Can sign in and do everything: the last one must stay. */
export function mayAdminister(user: Pick<UserRow, 'role' | 'password_hash' | 'disabled_at'>): boolean {
  return user.role === 'admin' && user.password_hash !== null && user.disabled_at === null
}

export function userRecord(row: UserRow & { readonly clients: number | null }): UserRecord {
  return {
    id: row.id as UserId,
    name: row.name,
    displayName: row.display_name,
    role: row.role as Role | null,
    passwordHash: row.password_hash,
    disabled: row.disabled_at !== null,
    clients: row.clients ?? 0,
    revision: row.revision,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
  }
}

/** Of two roles the one that may do less: a token never speaks for more than its user. */
export function lesserRole(one: string, other: string): Role {
  const index = Math.min(ROLES.indexOf(one as Role), ROLES.indexOf(other as Role))
  return ROLES[Math.max(0, index)] ?? 'viewer'
}

export function apiTokenRecord(row: {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly user_name: string
  readonly prefix: string
  readonly created_at: number
  readonly expires_at: number
  readonly last_used_at: number | null
}): ApiTokenRecord {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    userName: row.user_name,
    prefix: row.prefix,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  }
}

export function enrollmentTokenRecord(row: {
  readonly id: string
  readonly user_name: string | null
  readonly approves: number
  readonly uses_left: number
  readonly expires_at: number
  readonly created_at: number
  readonly created_by: string
}): EnrollmentTokenRecord {
  return {
    id: row.id,
    userName: row.user_name,
    approves: row.approves === 1,
    usesLeft: row.uses_left,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }
}
