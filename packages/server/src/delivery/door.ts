import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { Link, LinkEvents } from '@octopus/kit/link.ts'
import type { ClientId, ExecutionId } from '@octopus/protocol/ids.ts'

/** A client's connection as the server needs it: it can also be asked whether the other side still answers. */
export interface ClientLink extends Link {
  /** Asks the other side's socket for a sign of life; the answer comes as `pong`. */
  ping(): void
  /** Nothing more is read of the other side until `resume`: what it sends waits with it. What has been read still comes. */
  pause(): void
  resume(): void
}

/** Why a connection is refused before anything is done for it. */
export const CONNECTION_REFUSALS = ['unknown', 'browser', 'full', 'failing', 'stopping'] as const
export type ConnectionRefusal = (typeof CONNECTION_REFUSALS)[number]

export interface ClientLinkEvents extends LinkEvents {
  pong(): void
}

/** Where connections of clients come in. */
export interface Door {
  /** Begins a connection: sends the challenge, and answers what to do with what arrives. */
  open(link: ClientLink, peer: { readonly address: string }): ClientLinkEvents
  /** False for an address of which only failures come: it is not worth a connection now. */
  admits(address: string): boolean
  /** The client whose live session has this download token. */
  clientOfDownloadToken(token: string): ClientId | undefined
}

/**
 * How a client is in touch: not within presence; within it, but its connection is closed; connected, and yet to settle what
 * it has; ready to be given work.
 */
export type Contact = 'none' | 'closed' | 'settling' | 'ready'

/** What is known of live sessions, in memory only. */
export interface Presence {
  /** True within presence: the server hears the client. */
  isOnline(client: ClientId): boolean
  contactOf(client: ClientId): Contact
  onlineCount(): number
  slotsUsed(client: ClientId): number
  lastHeardAt(client: ClientId): EpochMs | undefined
  /** By how much its clock was ahead of the server's when its last heartbeat came, less the time that took on its way. */
  clockAheadMs(client: ClientId): Ms | undefined
  /** The last progress an execution told of. */
  progressOf(execution: ExecutionId): { readonly fraction: number | null; readonly text: string } | undefined
}
