import type { Ms } from '@octopus/kit/clock.ts'

/**
 * A process leaks a little with every execution of somebody's code: after so many a fresh one is worth its start. A
 * start costs this PC about 130 ms of processor time (the client's fork, keeper, worker), which at 100 executions was a
 * third of what a short execution costs altogether.
 */
export const EXECUTIONS_PER_PROCESS_MAX = 1_000
/** So many processes are kept warm for each slot: a few plugins that take turns stay warm, a PC's memory stays its own. */
export const WARM_PER_SLOT = 4

/** A process that waits for its next execution. */
export interface Idle {
  /** The plugin version it has loaded; undefined for the spare, which has run nothing yet. */
  readonly checksum: string | undefined
  readonly idleSince: Ms
}

/**
 * Pure: the process to use: the one that ran this version last, so that those beyond the need grow old and end; else
 * the spare, which saves the start of an interpreter.
 */
export function pickIdle<T extends Idle>(idle: readonly T[], checksum: string): T | undefined {
  const spare = (): T | undefined => idle.find((each) => each.checksum === undefined)
  return idle.findLast((each) => each.checksum === checksum) ?? spare()
}

/** Pure: whether a process may be used again. */
export function mayReuse(fit: boolean, executions: number, closing: boolean): boolean {
  return fit && executions < EXECUTIONS_PER_PROCESS_MAX && !closing
}

/** Pure: whom to end, when so many may stay and none longer than the time to live. The list is in order of age. */
export function pickTooMany<T extends Idle>(idle: readonly T[], slots: number, ttlMs: Ms, now: Ms): readonly T[] {
  const over = idle.length - slots * WARM_PER_SLOT
  return idle.filter((each, index) => index < over || now - each.idleSince >= ttlMs)
}
