import type { Ms } from '@octopus/kit/clock.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import type { Language } from '@octopus/protocol/work.ts'

import { RUNNER_KINDS, type RunnerKind } from './runner-kind.ts'

/**
 * A process leaks a little with every execution of somebody's code: after so many a fresh one is worth its start. A
 * start costs this PC about 130 ms of processor time (the client's fork, keeper, worker), which at 100 executions was a
 * third of what a short execution costs altogether.
 */
export const EXECUTIONS_PER_PROCESS_MAX = 1_000
/**
 * So many processes are kept warm for each slot: a few plugins that take turns stay warm, a PC's memory stays its own.
 * One in Node takes three times the memory of one in Python.
 */
export const WARM_PER_SLOT: Readonly<Record<RunnerKind, number>> = { python: 4, node: 2 }

/** A process that waits for its next execution. */
export interface Idle {
  readonly kind: RunnerKind
  /** The plugin version it has loaded; undefined for the spare, which has run nothing yet. */
  readonly loaded: string | undefined
  readonly idleSince: Ms
}

/**
 * Pure: the process to use: the one that ran this version last, so that those beyond the need grow old and end; else
 * the spare, which saves the start of an interpreter.
 */
export function pickIdle<T extends Idle>(idle: readonly T[], kind: RunnerKind, wanted: string): T | undefined {
  const spare = (): T | undefined => idle.find((each) => each.kind === kind && each.loaded === undefined)
  return idle.findLast((each) => each.loaded === wanted) ?? spare()
}

/** Pure: names a version as a process loads it: the same bytes mean something else in another language. */
export function loadedAs(language: Language, checksum: Checksum): string {
  return `${language} ${checksum}`
}

/** Pure: whether a process that is fit may be used again. */
export function mayReuse(executions: number, closing: boolean): boolean {
  return executions < EXECUTIONS_PER_PROCESS_MAX && !closing
}

/** Pure: whom to end, when so many may stay and none longer than the time to live. The list is in order of age. */
export function pickTooMany<T extends Idle>(idle: readonly T[], slots: number, ttlMs: Ms, now: Ms): readonly T[] {
  const tooMany = RUNNER_KINDS.flatMap((kind) => {
    const same = idle.filter((each) => each.kind === kind)
    return same.slice(0, Math.max(0, same.length - slots * WARM_PER_SLOT[kind]))
  })
  return idle.filter((each) => tooMany.includes(each) || now - each.idleSince >= ttlMs)
}
