import type { EpochMs } from '@octopus/kit/clock.ts'

import type { Once } from '#store/page.ts'

/** What is kept of a request with an idempotency key. */
export interface KeptRequest {
  readonly requestHash: string
  readonly seed: string
  /** Sealed; null while it was not given, or was too large to keep. */
  readonly answer: string | null
}

/**
 * Requests that make something, each at most once. A verb whose actor carries a `Once` stores its outcome in the
 * transaction of its effect; asked again it changes nothing and gives that outcome. The same key with another request is
 * KEY_REUSED, one that another server works on is KEY_UNDER_WAY, one key too many of a caller is TOO_MANY_KEYS.
 */
export interface OnceStore {
  /** Null: nothing was made under this key, or longer than a day ago. */
  readKept(input: {
    readonly now: EpochMs
    readonly caller: string
    readonly keyHash: string
  }): Promise<KeptRequest | null>
  /** Keeps the answer that a request got; where nothing was made there is nothing to keep. */
  keepAnswer(input: { readonly once: Once; readonly answer: string }): Promise<void>
  /** Forgets keys that are older than a day, at most so many; answers how many it forgot. */
  forgetKeys(input: { readonly now: EpochMs; readonly limit: number }): Promise<number>
}
