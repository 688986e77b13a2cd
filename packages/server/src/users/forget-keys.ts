import type { Clock, Ms } from '@octopus/kit/clock.ts'

import type { OnceStore } from './once-store.ts'

/** Keys are a day old when they go; some minutes more harm nobody. */
const EVERY_MS: Ms = 600_000
/** Deleted in one transaction: a few milliseconds, between which everything else has its turn. */
const SLICE = 200

interface ForgetKeysNeeds {
  readonly store: Pick<OnceStore, 'forgetKeys'>
  readonly clock: Pick<Clock, 'wall' | 'after'>
  readonly onError: (error: unknown) => void
}

/** Forgets idempotency keys that are old, slice by slice, until the signal ends it. */
export async function forgetOldKeys(needs: ForgetKeysNeeds, signal: AbortSignal): Promise<void> {
  const { store, clock, onError } = needs
  while (!signal.aborted) {
    try {
      while (!signal.aborted && (await store.forgetKeys({ now: clock.wall(), limit: SLICE })) === SLICE);
      await clock.after(EVERY_MS, signal)
    } catch (error) {
      if (signal.aborted) return
      onError(error)
      await clock.after(EVERY_MS, signal).catch(() => {})
    }
  }
}
