import type { Bus } from '@octopus/kit/bus.ts'
import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { ClientId, ExecutionId } from '@octopus/protocol/ids.ts'

import type { Offence } from '#conduct/offence.ts'
import type { ConnectionRefusal } from '#delivery/door.ts'
import type { DiskLevel } from '#disk/disk-level.ts'
import type { CancelRequest, Touched } from '#executions/execution-store.ts'

/** What parts of the server tell each other, after it was committed. Losing one costs time, never correctness. */
export interface Facts {
  /** Executions, runs and tasks changed. */
  touched: Touched
  /** Executions were handed over, after having waited this long each; for measuring. */
  'handed-over': { readonly waitedMs: readonly Ms[] }
  /** The room on the disk allows more, or less, than before. */
  'disk-level': { readonly level: DiskLevel }
  /** A task became due, or will be, earlier than known; or it has a new run, whose executions may not all be written yet. */
  'task-due': { readonly task: string }
  /** Executions that were handed out shall be cancelled. */
  'cancel-requested': { readonly requests: readonly CancelRequest[] }
  /** A cancel, or the revoking of a client, was stored in part, and the store refused the rest. */
  'half-cancelled': Record<string, never>
  /** Versions were published, deleted or are needed no more: the manifest is to be settled. */
  'plugins-changed': { readonly name: string }
  /** A client's stored facts changed (approval, name, user, draining, what it reports, what it has synced). */
  'client-changed': { readonly client: ClientId }
  /** The client is shut out: its session ends now. */
  'client-revoked': { readonly client: ClientId }
  /** The client is deleted: its session ends now; it may be restored. */
  'client-deleted': { readonly client: ClientId }
  /** A session began or ended. */
  'presence-changed': { readonly client: ClientId }
  /** The brake went on or off. */
  'brake-changed': { readonly on: boolean }
  /** A client has proved a fence from this server's future: nothing is handed over. */
  'future-fence': { readonly client: ClientId }
  /** The wall clock was set by more than a few seconds, or the machine slept. */
  'clock-stepped': { readonly byMs: Ms }
  'work-stopped': { readonly stopped: boolean }
  'output-stored': { readonly execution: ExecutionId }
  progressed: { readonly execution: ExecutionId }
  /** Readings that pages share are fresh again: what was shown just after a change may have been from before it. */
  'readings-passed': { readonly at: EpochMs }
  /** A client did what an honest one does not, so many times; for measuring. */
  'client-misbehaved': { readonly client: ClientId; readonly offence: Offence; readonly count: number }
  /** Nothing was read of a client for so long, as it sends more than it may; for measuring. */
  'client-throttled': { readonly client: ClientId; readonly ms: Ms }
  /** A connection was refused before anything was done for it; for measuring. */
  'connection-refused': { readonly why: ConnectionRefusal }
  /** A user was disabled or lost rights: open streams are checked again. */
  'users-changed': { readonly name: string }
}

export type ServerBus = Bus<Facts>
