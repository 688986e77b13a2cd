import type { Log } from '@octopus/kit/log.ts'
import type { InventoryAttempt } from '@octopus/protocol/from-client.ts'
import type { Reconciled } from '@octopus/protocol/from-server.ts'

import type { Session } from '#connection/session.ts'
import type { Journal } from '#results/journal.ts'
import type { OutputStore } from '#results/output-store.ts'
import type { Report } from '#results/report.ts'

import { end, forget, type Attempt } from './attempt.ts'
import type { Desk } from './desk.ts'
import { renewHold, stopIfTooLate } from './self-fence.ts'
import type { SessionNotes } from './session-notes.ts'

export interface ReconcileNeeds {
  readonly desk: Desk
  readonly journal: Journal
  readonly outputs: OutputStore
  readonly report: Report
  readonly notes: SessionNotes
  readonly log: Log
}

/** Everything in memory and journal at this instant. What has only a tombstone is settled and not told. */
export function takeInventory({
  desk,
  journal,
  outputs,
  report,
}: Omit<ReconcileNeeds, 'notes' | 'log'>): readonly InventoryAttempt[] {
  const inHand = desk
    .all()
    .filter((attempt) => attempt.wish?.kind !== 'drop')
    .map((attempt): InventoryAttempt => ({
      ...attempt.key,
      fenceProof: attempt.item.fenceProof,
      phase: attempt.phase,
      outputBytes: outputs.state(attempt.key).totalBytes,
    }))
  const ended = report.waiting().flatMap((key): InventoryAttempt[] => {
    const result = journal.ended(key)
    if (result === undefined) return []
    const outputBytes = outputs.state(key).totalBytes
    return [{ ...key, fenceProof: result.fenceProof, phase: 'ended', outputBytes }]
  })
  return [...inHand, ...ended]
}

/**
 * What the server says about one attempt of the inventory. What it says nothing about stays as it is, unsent and
 * unstarted: it may be a server whose backup is older than this work.
 */
export function obey(needs: ReconcileNeeds, session: Session, item: Reconciled['attempts'][number]): void {
  const attempt = needs.desk.find(item)
  if (attempt === undefined) {
    if (item.verdict === 'forget') needs.report.forget(item)
    else if (needs.journal.ended(item) !== undefined) needs.report.permit(item, session)
    // Given back after the inventory had named it: the old session could not tell, so this one does.
    else needs.notes.reject(session, item, { reason: 'no-slot', detail: 'given back while the connection was renewed' })
    return
  }
  if (item.verdict === 'forget') return forget(attempt)
  stopIfTooLate(needs.log, attempt)
  attempt.custody.session = session
  if (item.verdict === 'stop') return end(attempt, 'cancelled')
  goOn(attempt, session)
}

function goOn(attempt: Attempt, session: Session): void {
  renewHold(attempt)
  if (attempt.startedAt !== undefined) session.outbox.started(attempt.key, attempt.startedAt)
  attempt.changed.wake()
}
