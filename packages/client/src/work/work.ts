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
import { fenceItself, renewHolds } from './self-fence.ts'
import { createSessionNotes } from './session-notes.ts'

/** Everything between `execute` and the result in the journal. */
export interface Work {
  inventory(): readonly InventoryAttempt[]
  reconciled(session: Session, attempts: Reconciled['attempts']): void
  execute(session: Session, items: Execute['executions']): void
  cancel(session: Session, items: Cancel['executions']): void
  /** No new work: what has not started goes back. Not sticky: a server that hands over again has ended its drain. */
  drain(): void
  /** The server was heard: holds are renewed. */
  heard(session: Session): void
  /** A plugin arrived, a session became ready: what waits looks again. */
  wake(): void
  freeSlots(): number
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
  let stopping = false
  const acceptNeeds = {
    ...needs,
    stopping: () => stopping,
    carryOut: (attempt: Attempt) => {
      const life = carryOut(needs, attempt).finally(() => lives.delete(life))
      lives.add(life)
    },
  }
  const sendBack = (detail: string): void => {
    for (const attempt of desk.all()) {
      if (!attempt.running) wish(attempt, { kind: 'reject', reason: 'draining', detail })
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
    drain: () => sendBack('the client is drained'),
    heard: (session) => renewHolds(desk, session),
    wake: () => desk.wakeAll(),
    freeSlots: () => (stopping ? 0 : desk.freeSlots()),
    watchHold: (signal) => fenceItself(needs, signal),
    stop: async () => {
      stopping = true
      sendBack('the client is stopping')
      for (const attempt of desk.all()) if (attempt.running) end(attempt, 'client-stopping')
      await Promise.all(lives)
    },
  }
}
