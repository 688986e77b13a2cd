import type { Ms } from '@octopus/kit/clock.ts'
import { createSignal } from '@octopus/kit/signal.ts'
import type { InventoryAttempt } from '@octopus/protocol/from-client.ts'
import type { Cancel, Execute, Reconciled } from '@octopus/protocol/from-server.ts'
import type { Language } from '@octopus/protocol/work.ts'

import type { Session } from '#connection/session.ts'

import { accept } from './accept.ts'
import { end, wish, type Attempt } from './attempt.ts'
import { cancel } from './cancel.ts'
import { carryOut, type CarryOutNeeds } from './carry-out.ts'
import { Desk } from './desk.ts'
import { obey, takeInventory } from './reconcile.ts'
import { fenceItself, firstStopInMs, renewHolds } from './self-fence.ts'
import { createSessionNotes } from './session-notes.ts'

/** Everything between `execute` and the result in the journal. */
export interface Work {
  inventory(): readonly InventoryAttempt[]
  reconciled(session: Session, attempts: Reconciled['attempts']): void
  execute(session: Session, items: Execute['executions']): void
  cancel(session: Session, items: Cancel['executions']): void
  /** While on, no new work is taken, and what has not started goes back. */
  drain(on: boolean): void
  /** Nothing that was said in the last session holds any more. */
  newSession(): void
  /** The server was heard: holds are renewed. */
  heard(session: Session): void
  /** A plugin arrived, a session became ready: what waits looks again. */
  wake(): void
  freeSlots(): number
  /** Unless the server is heard before, the first execution is stopped then; Infinity when none will be. */
  firstStopInMs(): Ms
  /** Stops executions whose hold runs out, until the signal. */
  watchHold(signal: AbortSignal): Promise<void>
  /** Ends everything as `client-stopping`; resolves when the process trees are gone and the results are in the journal. */
  stop(): Promise<void>
}

export interface WorkNeeds extends Omit<CarryOutNeeds, 'desk' | 'notes' | 'started'> {
  readonly slots: number
  canRun(language: Language): boolean
  diskLow(): boolean
}

export function createWork(given: WorkNeeds): Work {
  const desk = new Desk(given.slots)
  const needs = { ...given, desk, notes: createSessionNotes(), started: createSignal() }
  const lives = new Set<Promise<void>>()
  let closedFor: string | undefined
  let stopping = false
  const acceptNeeds = {
    ...needs,
    closedFor: () => closedFor,
    carryOut: (attempt: Attempt) => {
      const life = carryOut(needs, attempt).finally(() => lives.delete(life))
      lives.add(life)
    },
  }
  const close = (why: string): void => {
    closedFor = why
    for (const attempt of desk.all()) {
      if (!attempt.running) wish(attempt, { kind: 'reject', reason: 'draining', detail: why })
    }
  }
  return {
    inventory: () => takeInventory(needs),
    reconciled: (session, attempts) => {
      for (const item of attempts) obey(needs, session, item)
    },
    execute: (session, items) => {
      for (const item of items) accept(acceptNeeds, session, item)
    },
    cancel: (session, items) => {
      for (const item of items) cancel(needs, session, item)
    },
    drain: (on) => {
      if (on) close('the client is drained')
      else if (!stopping) closedFor = undefined
    },
    newSession: () => {
      if (!stopping) closedFor = undefined
    },
    heard: (session) => renewHolds(desk, session),
    wake: () => desk.wakeAll(),
    freeSlots: () => (closedFor === undefined ? desk.freeSlots() : 0),
    firstStopInMs: () => firstStopInMs(desk),
    watchHold: (signal) => fenceItself(needs, signal),
    stop: async () => {
      stopping = true
      close('the client is stopping')
      for (const attempt of desk.all()) if (attempt.running) end(attempt, 'client-stopping')
      await Promise.all(lives)
    },
  }
}
