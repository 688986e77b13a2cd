import type { EpochMs } from '@octopus/kit/clock.ts'
import type { AttemptKey } from '@octopus/protocol/attempt.ts'

/** What a plugin's process really did, as the plugin itself would write it down. */
export interface TrueAttempt {
  readonly key: AttemptKey
  readonly client: string
  readonly startedAt: EpochMs
  /** When its process was gone, whatever the reason. */
  endedAt: EpochMs | null
  /** It came to its own end, and told the client so. */
  finished: boolean
}

/** The record of all that happened in runners, which no crash can take back. */
export class GroundTruth {
  readonly attempts: TrueAttempt[] = []

  start(key: AttemptKey, client: string, at: EpochMs): TrueAttempt {
    const attempt: TrueAttempt = { key, client, startedAt: at, endedAt: null, finished: false }
    this.attempts.push(attempt)
    return attempt
  }

  alive(): readonly TrueAttempt[] {
    return this.attempts.filter((attempt) => attempt.endedAt === null)
  }
}
