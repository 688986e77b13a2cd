import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { Acknowledge } from '@octopus/protocol/from-server.ts'
import { BATCH_ITEMS_MAX } from '@octopus/protocol/limits.ts'

import { keyOf, keyText, type KeyText } from '#attempt-key.ts'
import { inBatches } from '#connection/batch.ts'
import type { Custody, Session } from '#connection/session.ts'

import type { Journal } from './journal.ts'
import type { OutputStore } from './output-store.ts'

/** Results sent and not yet answered: after a week offline the server is not flooded, nor the line blocked for heartbeats. */
export const RESULT_WINDOW_BYTES = 524_288

interface Waiting {
  readonly key: AttemptKey
  readonly custody: Custody
  /** Size of what was sent in the current session; 0 while it is not sent. */
  inFlightBytes: number
}

/** Brings results and output to the server, in the session that may have them, until they are answered. */
export interface Report {
  /** The result is in the journal: it goes in the session that the attempt belongs to. */
  ended(key: AttemptKey, custody: Custody): void
  /** The server wants this result in this session. Answers false if there is none. */
  permit(key: AttemptKey, session: Session): boolean
  /** Every result that waits for an answer. */
  waiting(): readonly AttemptKey[]
  acknowledge(message: Acknowledge): void
  /** The server does not want this result. */
  forget(key: AttemptKey): void
  /** A new session begins: nothing has been sent in it. */
  rewind(): void
  /** What may be sent now, as whole messages. */
  messages(session: Session, messageBytesMax: number): Iterable<string>
}

export function createReport(journal: Journal, outputs: OutputStore): Report {
  const waiting = new Map<KeyText, Waiting>()
  /** Those that may go in the current session and are not yet sent, oldest first. */
  let ready = new Set<Waiting>()
  let inFlightBytes = 0
  let inFlightCount = 0

  const add = (key: AttemptKey, custody: Custody): void => {
    const entry = { key: keyOf(key), custody, inFlightBytes: 0 }
    waiting.set(keyText(key), entry)
    if (custody.session) ready.add(entry)
  }
  const landed = (entry: Waiting): void => {
    if (entry.inFlightBytes > 0) inFlightCount--
    inFlightBytes -= entry.inFlightBytes
    entry.inFlightBytes = 0
  }
  const answered = (key: AttemptKey, outputToo: boolean): void => {
    const entry = waiting.get(keyText(key))
    if (entry === undefined) return
    landed(entry)
    ready.delete(entry)
    waiting.delete(keyText(key))
    journal.bury(key)
    if (outputToo) outputs.drop(key)
    else outputs.answered(key)
  }
  const takeResults = (session: Session): string[] => {
    const items: string[] = []
    for (const entry of ready) {
      if (inFlightCount >= BATCH_ITEMS_MAX || inFlightBytes >= RESULT_WINDOW_BYTES) break
      if (entry.custody.session !== session) continue
      ready.delete(entry)
      const result = journal.ended(entry.key)
      if (result === undefined) continue
      const item = JSON.stringify(result)
      entry.inFlightBytes = item.length
      inFlightBytes += item.length
      inFlightCount++
      items.push(item)
    }
    return items
  }
  for (const { result } of journal.unanswered()) add(result, { session: undefined })

  return {
    ended: add,
    permit: (key, session) => {
      const entry = waiting.get(keyText(key))
      if (entry === undefined) return false
      entry.custody.session = session
      if (entry.inFlightBytes === 0) ready.add(entry)
      return true
    },
    waiting: () => [...waiting.values()].map((entry) => entry.key),
    acknowledge: (message) => {
      for (const { storedBytes, ...key } of message.output) outputs.stored(key, storedBytes)
      for (const { disposition, ...key } of message.results) answered(key, disposition === 'refused')
    },
    forget: (key) => answered(key, true),
    rewind: () => {
      for (const entry of waiting.values()) landed(entry)
      ready = new Set()
      outputs.rewind()
    },
    *messages(session, messageBytesMax) {
      for (const batch of inBatches([...outputs.take(session)], messageBytesMax)) {
        yield `{"type":"output","chunks":[${batch.join(',')}]}`
      }
      for (const batch of inBatches(takeResults(session), messageBytesMax)) {
        yield `{"type":"result","journalSeq":${journal.seq()},"results":[${batch.join(',')}]}`
      }
    },
  }
}
