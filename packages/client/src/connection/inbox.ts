import type { Acknowledge, Cancel, Execute, FromServer, Plugins, Reconciled } from '@octopus/protocol/from-server.ts'

import type { Session } from './session.ts'

/** What becomes of the messages of a session. */
export interface Inbox {
  /** Before the inventory is taken. */
  welcomed(session: Session): void
  reconciled(session: Session, attempts: Reconciled['attempts']): void
  /** The whole inventory is answered: work may start, results may go. */
  ready(session: Session): void
  /** A newer heartbeat was echoed. */
  heard(session: Session): void
  /** Answers false if it came in the wrong order. */
  plugins(session: Session, message: Plugins): boolean
  execute(session: Session, items: Execute['executions']): void
  cancel(session: Session, items: Cancel['executions']): void
  acknowledge(session: Session, message: Acknowledge): void
  drain(session: Session, on: boolean): void
}

/** Hands a message of a running session on. Answers false if it has no place there. */
export function receive(inbox: Inbox, session: Session, message: FromServer): boolean {
  switch (message.type) {
    case 'plugins':
      return inbox.plugins(session, message)
    case 'execute':
      inbox.execute(session, message.executions)
      return true
    case 'cancel':
      inbox.cancel(session, message.executions)
      return true
    case 'acknowledge':
      inbox.acknowledge(session, message)
      return true
    case 'drain':
      inbox.drain(session, message.on)
      return true
    case 'challenge':
    case 'welcome':
    case 'refused':
    case 'reconciled':
    case 'heartbeat':
    case 'moving':
      return false
  }
}
