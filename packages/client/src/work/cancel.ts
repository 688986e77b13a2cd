import type { Session } from '#connection/session.ts'
import type { Journal } from '#results/journal.ts'

import { end, wish } from './attempt.ts'
import type { Desk } from './desk.ts'
import type { CancelItem, SessionNotes } from './session-notes.ts'

/** A cancel is a request: the answer is the attempt's result, which may still be a success. */
export function cancel(
  needs: { readonly desk: Desk; readonly journal: Journal; readonly notes: SessionNotes },
  session: Session,
  item: CancelItem,
): void {
  const attempt = needs.desk.find(item)
  if (attempt === undefined) {
    if (needs.journal.know(item) === undefined) needs.notes.cancelEarly(session, item)
    return
  }
  if (item.ifNotStarted) {
    if (attempt.phase !== 'started') wish(attempt, { kind: 'end', reason: item.reason })
    return
  }
  end(attempt, item.reason)
}
