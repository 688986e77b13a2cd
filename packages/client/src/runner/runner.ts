import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { ReportedError } from '@octopus/protocol/from-client.ts'
import type { Checksum } from '@octopus/protocol/ids.ts'
import type { End, EndReason, Language, Stream } from '@octopus/protocol/work.ts'

/** One attempt as a runner needs it. */
export interface RunnerWork {
  readonly key: AttemptKey
  readonly plugin: string
  readonly checksum: Checksum
  readonly language: Language
  /** The verified copy of the plugin's bytes that is executed. */
  readonly source: Buffer
  readonly action: string
  readonly argsJson: string
  readonly kwargsJson: string
  readonly timeoutMs: Ms
  readonly outputBytesMax: number
  readonly resultBytesMax: number
  /** With `stop` the runner ends by itself when the hold is not renewed (the client hangs, or was stopped alone). */
  readonly onDisconnect: 'stop' | 'continue'
}

export interface OutputPiece {
  readonly stream: Stream
  readonly at: EpochMs
  readonly text: string
}

/** What is heard of a running attempt. Calls come in order, and none after `ended` has resolved. */
export interface RunnerEvents {
  /**
   * Asked directly before the plugin's code is handed to its process, which may have taken a minute to start. False: it
   * is not, and `ended` resolves with `not-begun`.
   */
  mayBegin(): boolean
  /** The plugin's code is about to run. */
  started(at: EpochMs): void
  output(piece: OutputPiece): void
  progress(fraction: number | null, text: string): void
}

export interface AttemptEnd {
  readonly end: End
  readonly reason: EndReason
  readonly valueJson: string | null
  readonly valueKind: 'json' | 'text'
  readonly error: ReportedError | null
  readonly startedAt: EpochMs | null
  readonly endedAt: EpochMs
  /** All the output there was, in bytes of UTF-8, kept or not. */
  readonly outputBytes: number
  readonly cut: { readonly output: boolean; readonly value: boolean }
}

/** Nothing of the plugin has run: its process could not be started. */
export interface Lacking {
  /** What the PC lacked for it: room on its disk, file descriptors, processes, memory. */
  readonly lacks: string
}

export type StopReason = 'cancelled' | 'timed-out' | 'stopped-on-disconnect' | 'client-stopping'

export interface RunningAttempt {
  /**
   * Resolves when the attempt has ended and, if it was stopped, the whole process tree is gone. Never rejects: what
   * goes wrong is an end too (`crashed`, `runtime-missing`). `not-begun`: nothing of the plugin has run, and it may be
   * started another time.
   */
  readonly ended: Promise<AttemptEnd | 'not-begun' | Lacking>
  /** Climbs the kill ladder: ask, SIGTERM, SIGKILL of the whole tree, at most 10 s together. The first reason wins; later calls do nothing. */
  stop(reason: StopReason): void
  /** It is too late to begin: `ended` resolves with `not-begun` at once, unless the plugin's code has been handed over. */
  giveUp(): void
  /** The server was heard: a runner of an execution with `stop` may live this much longer from now. */
  renewHold(leftMs: Ms): void
}

/** Starts plugins in processes of their own and keeps some warm. The simulator's version runs no process. */
export interface RunnerPool extends AsyncDisposable {
  start(work: RunnerWork, events: RunnerEvents): RunningAttempt
  /** The languages this PC can run, with the version of each interpreter. Looked up once and remembered. */
  runtimes(): Promise<readonly { readonly language: Language; readonly version: string }[]>
}
