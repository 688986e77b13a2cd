import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'
import type { OnDisconnect } from '@octopus/protocol/work.ts'

/** What a plugin's process really did, as the plugin itself would write it down, by the true time. */
export interface TrueAttempt {
  readonly key: AttemptKey
  readonly client: string
  /** Of the bytes that ran. */
  readonly checksum: string
  readonly timeoutMs: Ms
  readonly onDisconnect: OnDisconnect
  readonly startedAt: EpochMs
  /** When its process was gone, whatever the reason. */
  endedAt: EpochMs | null
  /** It came to its own end, and told the client so. */
  finished: boolean
  /** The store went back to a time before it, and does not know it. */
  isForgotten: boolean
}

/** The record of all that happened in runners, which no crash can take back. */
export class GroundTruth {
  readonly attempts: TrueAttempt[] = []
  /** Rises with every start and every end. */
  version = 0
  readonly #clock: Pick<Clock, 'wall'>
  readonly #alive = new Set<TrueAttempt>()

  constructor(clock: Pick<Clock, 'wall'>) {
    this.#clock = clock
  }

  start(begun: Omit<TrueAttempt, 'startedAt' | 'endedAt' | 'finished' | 'isForgotten'>): TrueAttempt {
    const startedAt = this.#clock.wall()
    const attempt: TrueAttempt = { ...begun, startedAt, endedAt: null, finished: false, isForgotten: false }
    this.attempts.push(attempt)
    this.#alive.add(attempt)
    this.version += 1
    return attempt
  }

  /** The process is gone; the first call counts. */
  end(attempt: TrueAttempt): void {
    attempt.endedAt ??= this.#clock.wall()
    this.#alive.delete(attempt)
    this.version += 1
  }

  alive(): readonly TrueAttempt[] {
    return [...this.#alive]
  }
}
