import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { Cancel } from '@octopus/protocol/from-server.ts'
import type { Rejection } from '@octopus/protocol/work.ts'

import { keyText, type KeyText } from '#attempt-key.ts'
import type { Session } from '#connection/session.ts'

/** Notes of each kind kept per session; beyond it the oldest go. Far more than one session ever has under way. */
const NOTES_MAX = 10_000

export type CancelItem = Cancel['executions'][number]

/**
 * What must be remembered of attempts that are not in hand, for as long as the session lives: a rejection (a repeated
 * `execute` is answered alike, not started) and a cancel that came before its `execute`. Nothing of it outlives the
 * session, as nothing that the session carried can arrive later.
 */
export interface SessionNotes {
  reject(session: Session, key: AttemptKey, why: { readonly reason: Rejection; readonly detail: string }): void
  /** Answers a repeated `execute` as the first time. False if it was not rejected. */
  rejectAgain(session: Session, key: AttemptKey): boolean
  cancelEarly(session: Session, item: CancelItem): void
  cancelledEarly(session: Session, key: AttemptKey): CancelItem | undefined
}

export function createSessionNotes(): SessionNotes {
  const notes = new WeakMap<Session, Notes>()
  const of = (session: Session): Notes => {
    const found = notes.get(session) ?? { rejected: new Map(), cancelled: new Map() }
    notes.set(session, found)
    return found
  }
  return {
    reject: (session, key, why) => {
      keep(of(session).rejected, keyText(key), why)
      session.outbox.rejected(key, why.reason, why.detail)
    },
    rejectAgain: (session, key) => {
      const why = of(session).rejected.get(keyText(key))
      if (why) session.outbox.rejected(key, why.reason, why.detail)
      return why !== undefined
    },
    cancelEarly: (session, item) => keep(of(session).cancelled, keyText(item), item),
    cancelledEarly: (session, key) => of(session).cancelled.get(keyText(key)),
  }
}

interface Notes {
  readonly rejected: Map<KeyText, { readonly reason: Rejection; readonly detail: string }>
  readonly cancelled: Map<KeyText, CancelItem>
}

function keep<V>(map: Map<KeyText, V>, key: KeyText, value: V): void {
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > NOTES_MAX && oldest !== undefined) map.delete(oldest)
}
