import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ResultItem } from '@octopus/protocol/from-client.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'

import { keyOf, keyText, type KeyText } from '#attempt-key.ts'

import { encodeRecord, type JournalRecord } from './record.ts'

/** A tombstone answers a replayed `execute` for so long; no honest server repeats one after its longest task. */
export const TOMBSTONE_MS_MAX: Ms = 30 * 86_400_000
/** Tombstones kept at most (about 15 MB of memory); the oldest go first. */
export const TOMBSTONES_MAX = 100_000

export type StartingEntry = Extract<JournalRecord, { kind: 'starting' }>
export type EndedEntry = Extract<JournalRecord, { kind: 'ended' }>

/** What the journal knows of an attempt. `superseded`: of this execution it knows a newer hand-over. */
export type Known = 'starting' | 'ended' | 'tombstone' | 'superseded'

/** What the journal's lines mean together. Holds no file and no clock: records go in, knowledge and lines come out. */
export class Book {
  readonly #open = new Map<KeyText, StartingEntry | EndedEntry>()
  readonly #fences = new Map<ExecutionId, number[]>()
  /** The newest answered fence of an execution; insertion order is age. */
  readonly #tombstones = new Map<ExecutionId, { readonly fence: number; readonly at: EpochMs }>()
  #bodyBytes = 0

  apply(record: JournalRecord): void {
    switch (record.kind) {
      case 'journal':
        return
      case 'starting':
        return this.#put(record, record)
      case 'ended':
        return this.#put(record.result, record)
      case 'dropped':
        return this.#remove(record)
      case 'tombstone':
        this.#remove(record)
        return this.#bury(record)
    }
  }

  know(key: AttemptKey): Known | undefined {
    const exact = this.#open.get(keyText(key))
    if (exact) return exact.kind
    if ((this.#tombstones.get(key.execution)?.fence ?? 0) >= key.fence) return 'tombstone'
    return this.#fences.get(key.execution)?.some((fence) => fence > key.fence) ? 'superseded' : undefined
  }

  ended(key: AttemptKey): ResultItem | undefined {
    const entry = this.#open.get(keyText(key))
    return entry?.kind === 'ended' ? entry.result : undefined
  }

  starting(): readonly StartingEntry[] {
    return [...this.#open.values()].filter((entry) => entry.kind === 'starting')
  }

  unanswered(): readonly EndedEntry[] {
    return [...this.#open.values()].filter((entry) => entry.kind === 'ended')
  }

  openCount(): number {
    return this.#open.size
  }

  /** Size of the results that wait for an answer. */
  bodyBytes(): number {
    return this.#bodyBytes
  }

  tombstoneCount(): number {
    return this.#tombstones.size
  }

  forgetOld(now: EpochMs): void {
    for (const [execution, { at }] of this.#tombstones) {
      if (this.#tombstones.size <= TOMBSTONES_MAX && now - at < TOMBSTONE_MS_MAX) return
      this.#tombstones.delete(execution)
    }
  }

  /** The shortest journal that says the same. */
  lines(header: { readonly id: string; readonly seq: number }): string {
    const { id, seq } = header
    const lines = [encodeRecord({ kind: 'journal', seq, id })]
    for (const [execution, { fence, at }] of this.#tombstones) {
      lines.push(encodeRecord({ kind: 'tombstone', seq, execution, fence, at }))
    }
    for (const entry of this.#open.values()) lines.push(encodeRecord(entry))
    return lines.join('')
  }

  #put(key: AttemptKey, entry: StartingEntry | EndedEntry): void {
    this.#remove(key)
    this.#open.set(keyText(key), entry)
    const fences = this.#fences.get(key.execution)
    if (fences) fences.push(key.fence)
    else this.#fences.set(key.execution, [key.fence])
    this.#bodyBytes += bodyBytesOf(entry)
  }

  #remove(key: Omit<AttemptKey, 'attempt'>): void {
    const entry = this.#open.get(keyText(key))
    if (!entry) return
    this.#bodyBytes -= bodyBytesOf(entry)
    this.#open.delete(keyText(key))
    const left = (this.#fences.get(key.execution) ?? []).filter((fence) => fence !== key.fence)
    if (left.length > 0) this.#fences.set(key.execution, left)
    else this.#fences.delete(key.execution)
  }

  #bury(stone: { readonly execution: ExecutionId; readonly fence: number; readonly at: EpochMs }): void {
    const fence = Math.max(stone.fence, this.#tombstones.get(stone.execution)?.fence ?? 0)
    this.#tombstones.delete(stone.execution)
    this.#tombstones.set(stone.execution, { fence, at: stone.at })
  }
}

/**
 * How the attempts that were under way when the client died are reported: nobody saw them end. `startedAt` is the
 * moment before the start, as they may have started. Output that had not reached the server died with the client.
 */
export function lostInRestart(entry: StartingEntry, now: EpochMs): ResultItem {
  return {
    ...keyOf(entry),
    fenceProof: entry.fenceProof,
    end: 'lost',
    reason: 'client-restarted',
    valueJson: null,
    valueKind: 'json',
    error: null,
    startedAt: entry.at,
    endedAt: now,
    outputBytes: 0,
    // What had not been sent is gone; how much that was, nobody knows.
    cut: { output: true, value: false },
  }
}

function bodyBytesOf(entry: StartingEntry | EndedEntry): number {
  if (entry.kind === 'starting') return 0
  const { valueJson, error } = entry.result
  return (valueJson?.length ?? 0) + (error ? error.message.length + error.stack.length : 0)
}
