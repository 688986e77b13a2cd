import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

import type { Fleet } from '#clients/fleet.ts'
import type { Contact } from '#delivery/door.ts'

import type { OutputTimes } from './clock-skew.ts'
import type { WhyFacts } from './why-store.ts'

/** What is stored, and what is known of this moment. */
export interface WhySnapshot extends WhyFacts {
  readonly now: EpochMs
  readonly braked: boolean
  /** The disk takes no new runs. */
  readonly diskFull: boolean
  /** The client of the facts: how the server hears it, and how many executions are in its hands. */
  readonly clientContact: Contact
  readonly clientSlotsUsed: number
  /** Who may get work; only looked at where the slot is not one client's. */
  readonly fleet: Fleet
  /** When the client says that the first and the last stored output of this attempt came; null: none is stored. */
  readonly output: OutputTimes | null
  /** By how much the clock of the client of the facts was ahead when its last heartbeat came; null: none has come in its session. */
  readonly heardAheadMs: Ms | null
}
