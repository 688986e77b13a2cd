import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { FromServer } from '@octopus/protocol/from-server.ts'
import type { ClientId, ExecutionId, SessionId } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { CancelRequest } from '#executions/execution-store.ts'

import type { ClientLink } from './door.ts'

/** What a session is made of when it begins. */
export interface SessionStart {
  readonly id: SessionId
  readonly client: ClientId
  readonly clientName: string
  readonly userId: string | null
  readonly draining: boolean
  readonly slotsLimit: number | null
  readonly journalId: string
  readonly bootId: string
  readonly heartbeatMs: Ms
  readonly downloadToken: string
  readonly link: ClientLink
  /** Where it came from. */
  readonly address: string
  /** When `hello`, which is heartbeat 0, was received. */
  readonly heardAtMonotonic: Ms
  readonly heardAt: EpochMs
}

/**
 * One live connection of a client, in memory. Not ready before its inventory is reconciled; once ended it never lives
 * again: what it still receives is thrown away.
 */
export class Session {
  readonly id: SessionId
  readonly client: ClientId
  readonly clientName: string
  readonly journalId: string
  readonly bootId: string
  readonly heartbeatMs: Ms
  readonly downloadToken: string
  readonly link: ClientLink
  readonly address: string
  readonly beganAtMonotonic: Ms
  userId: string | null
  draining: boolean
  /** `inventory` until the client has said what it has; `ready` from `reconciled` on. */
  phase: 'inventory' | 'ready' | 'ended' = 'inventory'
  linkOpen = true
  /** What the client offers, and what was set for it here. */
  slotsOffered = 0
  slotsLimit: number | null
  languages: ReadonlySet<Language> = new Set()
  lastHeardMonotonic: Ms
  lastHeardAt: EpochMs
  /** When it said hello, or its last page of an inventory came; Infinity once all of that is here. */
  inventoryAtMonotonic: Ms
  /** By how much its clock was ahead when its last heartbeat came; undefined before the first one. */
  clockAheadMs: Ms | undefined
  /** Highest `seq` of the client; echoed. */
  clientSeq = 0
  serverSeq = 0
  /** Highest `seq` of this server that the client has echoed: it has heard what was said until then. */
  echoed = 0
  /** Handed out and not ended, as the store has it. */
  readonly inFlight = new Set<ExecutionId>()
  manifestRevision = -1
  /** Asked for while the inventory was being settled: committed after it, perhaps, so that its answer does not know of them. */
  readonly cancels: CancelRequest[] = []

  constructor(start: SessionStart) {
    this.id = start.id
    this.client = start.client
    this.clientName = start.clientName
    this.userId = start.userId
    this.draining = start.draining
    this.slotsLimit = start.slotsLimit
    this.journalId = start.journalId
    this.bootId = start.bootId
    this.heartbeatMs = start.heartbeatMs
    this.downloadToken = start.downloadToken
    this.link = start.link
    this.address = start.address
    this.beganAtMonotonic = start.heardAtMonotonic
    this.lastHeardMonotonic = start.heardAtMonotonic
    this.lastHeardAt = start.heardAt
    this.inventoryAtMonotonic = start.heardAtMonotonic
  }

  get freeSlots(): number {
    return Math.max(0, Math.min(this.slotsOffered, this.slotsLimit ?? Infinity) - this.inFlight.size)
  }

  /** Can be given work now. */
  get takesWork(): boolean {
    return this.phase === 'ready' && this.linkOpen && !this.draining && this.freeSlots > 0
  }

  send(message: FromServer): void {
    this.sendText(JSON.stringify(message))
  }

  /** For a message that was encoded once for many. */
  sendText(text: string): void {
    if (this.phase !== 'ended' && this.linkOpen) this.link.send(text)
  }
}
