import type { EpochMs } from '@octopus/kit/clock.ts'
import type { UserId } from '@octopus/protocol/ids.ts'
import type { Role } from '@octopus/protocol/roles.ts'

import type { Actor, Once, Page, PageRequest } from '#store/page.ts'

export interface UserRecord {
  readonly id: UserId
  readonly name: string
  readonly displayName: string
  readonly role: Role | null
  readonly passwordHash: string | null
  readonly disabled: boolean
  readonly clients: number
  readonly revision: number
  readonly createdAt: EpochMs
  readonly deletedAt: EpochMs | null
}

/** Who a cookie or an API token speaks for. */
export interface Caller {
  readonly userId: UserId
  readonly name: string
  readonly role: Role
  readonly by: 'session' | 'token'
  /** Name of the token. */
  readonly token: string | null
  /** When the token ends; null for a session. */
  readonly tokenEndsAt: EpochMs | null
  /** The idempotency key of this request. */
  readonly once?: Once | undefined
}

export interface ApiTokenRecord {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly userName: string
  readonly prefix: string
  readonly createdAt: EpochMs
  readonly expiresAt: EpochMs
  readonly lastUsedAt: EpochMs | null
}

export interface EnrollmentTokenRecord {
  readonly id: string
  readonly userName: string | null
  readonly approves: boolean
  readonly usesLeft: number
  readonly expiresAt: EpochMs
  readonly createdAt: EpochMs
  readonly createdBy: string
}

export interface UserStore {
  createUser(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly name: string
    readonly displayName: string
    readonly role: Role | null
    readonly passwordHash: string | null
  }): Promise<'created' | 'name-taken'>
  /**
   * The last administrator who can sign in stays one. Disabling or a new password ends sessions; disabling ends tokens
   * too. Enrolment tokens end with the right to make them: when their maker is disabled or no administrator any more.
   */
  changeUser(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly name: string
    readonly ifRevision: number
    readonly displayName?: string | undefined
    readonly role?: Role | null | undefined
    readonly passwordHash?: string | undefined
    readonly disabled?: boolean | undefined
  }): Promise<
    | { readonly outcome: 'changed' | 'no-user' | 'last-administrator' }
    | { readonly outcome: 'stale'; readonly revision: number }
  >
  readUser(input: { readonly name: string }): Promise<UserRecord | null>
  listUsers(input: PageRequest & { readonly deleted?: boolean }): Promise<Page<UserRecord>>
  /** A one-time link: `setup` makes the first administrator, `sign-in` signs a user in. Only the hash is stored; an older setup link dies. */
  createLink(input: {
    readonly now: EpochMs
    readonly hash: string
    readonly kind: 'setup' | 'sign-in'
    readonly user: string | null
    readonly expiresAt: EpochMs
  }): Promise<void>
  /** True once the first administrator was made, for ever. */
  readSetupDone(input: Record<string, never>): Promise<boolean>
  /** Uses the link and makes the administrator and the session, or does nothing at all. */
  setUp(input: {
    readonly now: EpochMs
    readonly linkHash: string
    readonly name: string
    readonly passwordHash: string
    readonly sessionHash: string
    readonly expiresAt: EpochMs
  }): Promise<'done' | 'already' | 'wrong-token' | 'name-taken'>
  /** Uses the link; null if it is wrong, used or expired. */
  useSignInLink(input: {
    readonly now: EpochMs
    readonly linkHash: string
    readonly sessionHash: string
    readonly expiresAt: EpochMs
  }): Promise<Caller | null>
  createWebSession(input: {
    readonly now: EpochMs
    readonly user: string
    readonly sessionHash: string
    readonly expiresAt: EpochMs
  }): Promise<Caller | null>
  endWebSession(input: { readonly now: EpochMs; readonly sessionHash: string }): Promise<void>
  /** Live sessions of users who are not disabled; a session unused for `idleMs` is dead. Notes the use at most once a minute. */
  readSessionCaller(input: {
    readonly now: EpochMs
    readonly sessionHash: string
    readonly idleMs: number
  }): Promise<Caller | null>
  readTokenCaller(input: { readonly now: EpochMs; readonly tokenHash: string }): Promise<Caller | null>
  createApiToken(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly user: string
    readonly name: string
    readonly role: Role
    readonly hash: string
    readonly prefix: string
    readonly expiresAt: EpochMs
  }): Promise<ApiTokenRecord>
  /** `roleAtMost`: tokens that may more than that stay; null for no limit. */
  deleteApiToken(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly user: string
    readonly id: string
    readonly roleAtMost: Role | null
  }): Promise<{ readonly outcome: 'deleted' | 'no-token' } | { readonly outcome: 'beyond-role'; readonly role: Role }>
  listApiTokens(input: PageRequest & { readonly user: string }): Promise<Page<ApiTokenRecord>>
  createEnrollmentToken(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly hash: string
    readonly user: string | null
    readonly approves: boolean
    readonly maxUses: number
    readonly expiresAt: EpochMs
  }): Promise<EnrollmentTokenRecord | 'no-user'>
  deleteEnrollmentToken(input: { readonly now: EpochMs; readonly actor: Actor; readonly id: string }): Promise<boolean>
  listEnrollmentTokens(input: PageRequest & { readonly now: EpochMs }): Promise<Page<EnrollmentTokenRecord>>
}
