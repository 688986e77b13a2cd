import type { Ms } from '@octopus/kit/clock.ts'
import type { Stream } from '@octopus/protocol/work.ts'

import type { Fuse } from './fuses.ts'
import type { RunnerResult, StartOrder } from './messages.ts'
import type { RunnerKind } from './runner-kind.ts'
import type { Endable } from './terminate.ts'

/** How a process ended. */
export interface ProcessEnd {
  /** The program could not be started at all. */
  readonly failed: string | undefined
  /** The worker's exit code or signal, as far as it was heard. */
  readonly code: number | null
  readonly signal: number | null
  /** It ended itself: nobody renewed the hold, or the limit of time was passed. */
  readonly fuse: Fuse | undefined
  /** What it said before it was ready: an interpreter that does not start explains itself there. */
  readonly lastWords: string
}

/** What is heard of one execution in a process. After `notBegun`, `finished` or `died` nothing follows. */
export interface RunListener {
  /** Asked when the process is ready, directly before it is given the order. False: it never gets it. */
  mayBegin(): boolean
  started(): void
  output(stream: Stream, text: string): void
  /** The bytes are only lent. */
  raw(stream: 'stdout' | 'stderr', bytes: Buffer): void
  skipped(byteCount: number): void
  progress(fraction: number | null, text: string): void
  /** The process was ready, and did not get the order. It lives on, and has run nothing of it. */
  notBegun(): void
  /** The result is there, and all that was written before it. The process lives on. */
  finished(result: RunnerResult): void
  /** The process is gone, with its whole tree, without a result. */
  died(end: ProcessEnd): void
}

/** A process that runs executions of one plugin version, one at a time. */
export interface RunnerProcess extends Endable {
  readonly id: string
  readonly kind: RunnerKind
  /** The plugin version it has loaded (`loadedAs`); undefined before its first execution. */
  loaded(): string | undefined
  /** How many executions it was given. */
  executions(): number
  run(order: StartOrder, listener: RunListener): void
  /** Lets it end by itself so much later, whatever becomes of the client; null takes that back. */
  burn(fuse: Fuse, leftMs: Ms | null): void
  readonly gone: Promise<ProcessEnd>
}
