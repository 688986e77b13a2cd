import type { EpochMs } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { Acknowledge } from '@octopus/protocol/from-server.ts'
import type { ExecutionId } from '@octopus/protocol/ids.ts'
import type { Stream } from '@octopus/protocol/work.ts'

export interface OutputChunk {
  /** Where the text begins in the attempt's output, in bytes of UTF-8. */
  readonly offset: number
  readonly stream: Stream
  readonly at: EpochMs
  readonly text: string
}

/** What became of a message of output. */
export interface TakenOutput {
  /** How far each attempt is stored. */
  readonly output: Acknowledge['output']
  /** Chunks without the proof that their execution was handed to this client: not taken. */
  readonly refused: readonly AttemptKey[]
}

export interface ReadOutput {
  /** Whose output it is; null while nothing is stored. */
  readonly attempt: number | null
  readonly chunks: readonly OutputChunk[]
  /** How far this attempt is stored. */
  readonly storedBytes: number
}

/** Where output lives: a file of its own, less durable than results (the client sends again what was not acknowledged). */
export interface OutputStore {
  /**
   * Appends chunks that continue what is stored; what is stored already is dropped, what leaves a gap is not taken.
   * Answers how far each attempt is stored: no gap and no duplicate up to there.
   */
  appendOutput(input: {
    readonly now: EpochMs
    readonly chunks: readonly (AttemptKey & OutputChunk)[]
  }): Promise<readonly (AttemptKey & { readonly storedBytes: number })[]>
  /** Chunks of the newest attempt that has printed from a byte on, at most `limitBytes` of text. */
  readOutput(input: {
    readonly execution: ExecutionId
    readonly from: number
    readonly limitBytes: number
  }): Promise<ReadOutput>
}
