import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { ClientStatus } from '@octopus/protocol/enroll.ts'
import type { Reported } from '@octopus/protocol/from-client.ts'
import type { Checksum, ClientId, SessionId, UserId } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Touched } from '#executions/execution-store.ts'
import type { Actor, Page, PageRequest } from '#store/page.ts'

/** A client as it is stored. What the PC says of itself is in `reported` and carries no rights. */
export interface ClientRecord {
  readonly id: ClientId
  readonly name: string
  readonly userId: UserId | null
  readonly userName: string | null
  readonly status: ClientStatus
  readonly draining: boolean
  readonly labels: readonly string[]
  readonly version: string
  /** Ed25519, raw, base64url. */
  readonly publicKey: string
  readonly fingerprint: string
  readonly reported: Reported | null
  readonly runtimes: readonly { readonly language: Language; readonly version: string }[]
  /** What the PC offers. */
  readonly slots: number | null
  /** At most so many, as set here. */
  readonly slotsLimit: number | null
  /** The session that has not ended, as stored. */
  readonly session: SessionId | null
  readonly sessionBeganAt: EpochMs | null
  readonly lastSeenAt: EpochMs | null
  readonly manifestRevision: number
  readonly missing: readonly { readonly checksum: Checksum; readonly reason: string }[]
  readonly revision: number
  readonly createdAt: EpochMs
  readonly deletedAt: EpochMs | null
}

export interface ClientFilter {
  /** The deleted ones instead of the others. */
  readonly deleted?: boolean | undefined
  readonly status?: ClientStatus | undefined
  readonly presence?: 'online' | 'offline' | undefined
  readonly user?: string | undefined
  /** The beginning of the name, upper and lower case the same. */
  readonly name?: string | undefined
  readonly label?: string | undefined
}

export type EnrollOutcome =
  | { readonly outcome: 'enrolled'; readonly id: ClientId; readonly status: ClientStatus }
  | { readonly outcome: 'wrong-token' }

export interface ClientStore {
  /**
   * Uses one use of the token and makes the client, in one transaction: of parallel uses of the last use, one wins. The
   * same key with a valid token is the client that it was, and costs no use.
   */
  enrollClient(input: {
    readonly now: EpochMs
    readonly tokenHash: string
    readonly publicKey: string
    readonly fingerprint: string
    readonly name: string
    readonly version: string
    readonly reported: Reported
  }): Promise<EnrollOutcome>
  /** A session begins if the client is approved; it takes the place of the one stored. Null: unknown or not approved. */
  beginSession(input: {
    readonly now: EpochMs
    readonly client: ClientId
    readonly session: SessionId
    readonly bootId: string
    readonly version: string
    /** What the client is told. */
    readonly holdMs: Ms
    /** So is this: how often it says that it is there. */
    readonly heartbeatMs: Ms
  }): Promise<ClientRecord | null>
  /** What the client says of itself at the start of a session. */
  recordReported(input: {
    readonly now: EpochMs
    readonly client: ClientId
    readonly session: SessionId
    readonly reported: Reported
    readonly runtimes: ClientRecord['runtimes']
    readonly slots: number
  }): Promise<void>
  recordSynced(input: {
    readonly client: ClientId
    readonly session: SessionId
    readonly revision: number
    readonly missing: ClientRecord['missing']
  }): Promise<void>
  /**
   * The session has ended, if it still is the stored one: executions handed out to the client are `disconnected`, and
   * those with `stop` end at `holdEndsAt`.
   */
  endSession(input: {
    readonly now: EpochMs
    readonly steady: EpochMs
    readonly client: ClientId
    readonly session: SessionId
    readonly holdEndsAt: EpochMs
    /** It fell silent without a goodbye: who wants to know is told, unless it is back soon. */
    readonly vanished?: boolean
  }): Promise<Touched>
  /** Sessions stored as not ended: after a restart they get time to come back. */
  readOpenSessions(input: Record<string, never>): Promise<
    readonly {
      readonly client: ClientId
      readonly session: SessionId
      /** The hold that the client was told; 0 if that is not known. */
      readonly toldHoldMs: Ms
      /** The interval of heartbeats that it was told; 0 if that is not known. */
      readonly toldHeartbeatMs: Ms
    }[]
  >
  /** Clients with executions in their hands, in contact or not; none that is shut out. */
  readClientsAtWork(input: Record<string, never>): Promise<readonly ClientId[]>
  /**
   * At the start of the server: nothing that is in a client's hands ends before this time, so that clients can come back
   * with what they did meanwhile; and every hold begins anew, none shorter than its client was told.
   */
  restartHolds(input: { readonly steady: EpochMs; readonly holdMs: Ms; readonly endsNotBefore: EpochMs }): Promise<void>
  approveClient(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly client: ClientId
    readonly user: string | null
  }): Promise<'approved' | 'no-client' | 'no-user' | 'revoked'>
  /**
   * Shut out with the first call. What is queued for this client alone is cancelled, a slice at a time: `more` says that
   * the same call goes on. Null: there is no such client.
   */
  revokeClient(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly client: ClientId
  }): Promise<{ readonly touched: Touched; readonly more: boolean } | null>
  setDraining(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly client: ClientId
    readonly draining: boolean
  }): Promise<boolean>
  changeClient(input: {
    readonly now: EpochMs
    readonly actor: Actor
    readonly client: ClientId
    readonly ifRevision: number
    readonly name?: string | undefined
    /** Null unbinds. */
    readonly user?: string | null | undefined
    readonly labels?: readonly string[] | undefined
    /** Null takes the limit away. */
    readonly slotsLimit?: number | null | undefined
  }): Promise<
    { readonly outcome: 'changed' | 'no-client' | 'no-user' } | { readonly outcome: 'stale'; readonly revision: number }
  >
  readClient(input: { readonly id: ClientId }): Promise<ClientRecord | null>
  /** By name. */
  listClients(input: PageRequest & { readonly filter: ClientFilter }): Promise<Page<ClientRecord>>
}
