import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'

import { keyText, type KeyText } from '#attempt-key.ts'

import type { Attempt } from './attempt.ts'

/** The attempts that the client has in hand, and its slots. */
export class Desk {
  readonly slots: number
  readonly #attempts = new Map<KeyText, Attempt>()
  readonly #byExecution = new Map<ExecutionId, Attempt[]>()
  #slotsTaken = 0

  constructor(slots: number) {
    this.slots = slots
  }

  add(attempt: Attempt): void {
    this.#attempts.set(keyText(attempt.key), attempt)
    this.#byExecution.set(attempt.key.execution, [...this.of(attempt.key.execution), attempt])
  }

  find(key: AttemptKey): Attempt | undefined {
    return this.#attempts.get(keyText(key))
  }

  /** Every attempt of one execution in hand. */
  of(execution: ExecutionId): readonly Attempt[] {
    return this.#byExecution.get(execution) ?? []
  }

  all(): readonly Attempt[] {
    return [...this.#attempts.values()]
  }

  get size(): number {
    return this.#attempts.size
  }

  /** The attempt is gone, process tree and all; what waits for it may go on. */
  remove(attempt: Attempt): void {
    this.giveSlotBack(attempt)
    this.#attempts.delete(keyText(attempt.key))
    const left = this.of(attempt.key.execution).filter((other) => other !== attempt)
    if (left.length > 0) this.#byExecution.set(attempt.key.execution, left)
    else this.#byExecution.delete(attempt.key.execution)
    this.wakeAll()
  }

  takeSlot(attempt: Attempt): void {
    if (attempt.hasSlot) return
    attempt.hasSlot = true
    this.#slotsTaken++
  }

  giveSlotBack(attempt: Attempt): void {
    if (!attempt.hasSlot) return
    attempt.hasSlot = false
    this.#slotsTaken--
    this.wakeAll()
  }

  slotFree(): boolean {
    return this.#slotsTaken < this.slots
  }

  /** How many executions more it could take at once; what waits counts as taken. */
  freeSlots(): number {
    return Math.max(0, this.slots - this.#attempts.size)
  }

  /** Every attempt that has not started looks again at what it waits for. */
  wakeAll(): void {
    for (const attempt of this.#attempts.values()) if (!attempt.running) attempt.changed.wake()
  }
}
