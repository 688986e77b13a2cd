import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { Synced } from '@octopus/protocol/from-client.ts'
import type { Rejection } from '@octopus/protocol/work.ts'

import { keyOf, keyText, type KeyText } from '#attempt-key.ts'

import { inBatches } from './batch.ts'

/** Progress of one attempt is sent at most this often: a plugin may count millions, a person reads one line. */
const PROGRESS_MS: Ms = 200
const DETAIL_CHARACTERS_MAX = 1_000

/**
 * What is to be said in one session. Notices of one turn of the event loop travel in one message per kind; nothing
 * waits for company. Until the inventory is reconciled everything waits, as the server knows the attempts only then.
 */
export interface Outbox {
  accepted(key: AttemptKey): void
  rejected(key: AttemptKey, reason: Rejection, detail: string): void
  started(key: AttemptKey, startedAt: EpochMs): void
  progress(key: AttemptKey, fraction: number | null, text: string): void
  /** Goes at once: it says nothing of attempts. */
  synced(message: Synced): void
  /** There may be output or results to send. */
  wake(): void
  open(): void
}

export interface OutboxNeeds {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly messageBytesMax: number
  send(text: string): void
  /** For what may be long: no faster than the line carries it. */
  sendPaced(text: string): void
  /** Output and results that may go now, as whole messages; asked after the notices, so that a result comes last. */
  reports(): Iterable<string>
}

export function createOutbox(needs: OutboxNeeds): Outbox {
  const { clock, signal } = needs
  const notices = { accepted: [] as string[], rejected: [] as string[], started: [] as string[] }
  const progress = new Map<KeyText, string>()
  let progressNextMs = 0
  let opened = false
  let scheduled = false

  const flush = (): void => {
    scheduled = false
    if (!opened || signal.aborted) return
    for (const type of ['accepted', 'rejected', 'started'] as const) {
      if (notices[type].length === 0) continue
      for (const batch of inBatches(notices[type], needs.messageBytesMax)) {
        needs.send(`{"type":"${type}","executions":[${batch.join(',')}]}`)
      }
      notices[type] = []
    }
    if (clock.monotonic() >= progressNextMs) flushProgress()
    for (const message of needs.reports()) needs.sendPaced(message)
  }
  const flushProgress = (): void => {
    if (progress.size === 0) return
    for (const message of progress.values()) needs.send(message)
    progress.clear()
    progressNextMs = clock.monotonic() + PROGRESS_MS
    void clock.after(PROGRESS_MS, signal).then(wake, () => {})
  }
  const wake = (): void => {
    if (scheduled) return
    scheduled = true
    queueMicrotask(flush)
  }
  const add = (type: keyof typeof notices, item: object): void => {
    notices[type].push(JSON.stringify(item))
    wake()
  }
  return {
    accepted: (key) => add('accepted', keyOf(key)),
    rejected: (key, reason, detail) =>
      add('rejected', { ...keyOf(key), reason, detail: detail.slice(0, DETAIL_CHARACTERS_MAX) }),
    started: (key, startedAt) => add('started', { ...keyOf(key), startedAt }),
    progress: (key, fraction, text) => {
      const message = { type: 'progress', ...keyOf(key), fraction, text: text.slice(0, DETAIL_CHARACTERS_MAX) }
      progress.set(keyText(key), JSON.stringify(message))
      wake()
    },
    synced: (message) => {
      if (!signal.aborted) needs.send(JSON.stringify(message))
    },
    wake,
    open: () => {
      opened = true
      wake()
    },
  }
}
