import type { Clock } from '@octopus/kit/clock.ts'
import type { Log } from '@octopus/kit/log.ts'
import type { ExecuteItem } from '@octopus/protocol/from-server.ts'
import type { Language, Rejection } from '@octopus/protocol/work.ts'

import { keyOf } from '#attempt-key.ts'
import type { Session } from '#connection/session.ts'
import type { Journal } from '#results/journal.ts'
import type { Report } from '#results/report.ts'

import { end, forget, newAttempt, wish, type Attempt } from './attempt.ts'
import type { Desk } from './desk.ts'
import type { SessionNotes } from './session-notes.ts'

/**
 * The server hands over what fits into the slots. As many again may wait here: a slot whose process is still being
 * killed is no reason to send work back across the network.
 */
const WAITING_PER_SLOT = 1

export interface AcceptNeeds {
  readonly clock: Clock
  readonly log: Log
  readonly desk: Desk
  readonly journal: Journal
  readonly report: Report
  readonly notes: SessionNotes
  /** Looked up anew at each connection: an interpreter that is installed later needs no restart. */
  canRun(language: Language): boolean
  /** Why no new work is taken, if none is. */
  closedFor(): string | undefined
  diskLow(): boolean
  carryOut(attempt: Attempt): void
}

/** Takes one handed-over execution: a known one is answered and never started again, a new one is taken or rejected. */
export function accept(needs: AcceptNeeds, session: Session, item: ExecuteItem): void {
  const key = keyOf(item)
  if (answerKnown(needs, session, item)) return
  const rejection = refusalOf(needs, item)
  if (rejection) return needs.notes.reject(session, key, rejection)
  for (const older of needs.desk.of(key.execution)) {
    // Whoever handed out a newer attempt has done with this one: it must be gone before the new one starts.
    if (older.running) end(older, 'cancelled')
    else forget(older)
  }
  const attempt = newAttempt(item, session, needs.clock)
  const cancelled = needs.notes.cancelledEarly(session, key)
  if (cancelled) wish(attempt, { kind: 'end', reason: cancelled.reason })
  needs.desk.add(attempt)
  needs.carryOut(attempt)
}

function answerKnown(needs: AcceptNeeds, session: Session, item: ExecuteItem): boolean {
  const { desk, journal, report, notes, log } = needs
  const inHand = desk.find(item)
  if (inHand) {
    inHand.custody.session = session
    if (inHand.running) session.outbox.accepted(inHand.key)
    else inHand.changed.wake()
    return true
  }
  const newer = desk.of(item.execution).some((other) => other.key.fence > item.fence)
  const known = newer ? 'superseded' : journal.know(item)
  switch (known) {
    case undefined:
      return notes.rejectAgain(session, item)
    case 'ended':
      report.permit(item, session)
      session.outbox.wake()
      return true
    case 'tombstone':
      session.outbox.accepted(keyOf(item))
      return true
    case 'starting':
    case 'superseded':
      log.warn('stale-execute', { ...keyOf(item), known })
      return true
  }
}

function refusalOf(needs: AcceptNeeds, item: ExecuteItem): { reason: Rejection; detail: string } | undefined {
  const { desk } = needs
  const closed = needs.closedFor()
  if (closed !== undefined) return { reason: 'draining', detail: closed }
  if (!needs.canRun(item.language)) {
    return { reason: 'runtime-missing', detail: `no ${item.language} was found on this PC` }
  }
  if (needs.journal.full()) return { reason: 'disk-full', detail: 'the journal has no room' }
  if (needs.diskLow()) return { reason: 'disk-full', detail: 'the disk is almost full' }
  if (desk.size >= desk.slots * (1 + WAITING_PER_SLOT)) {
    return { reason: 'no-slot', detail: `all ${desk.slots} slots are taken` }
  }
  return undefined
}
