/**
 * A wake-up that cannot be missed: `wake` before `woken` is remembered, many wakes before the loop looks count as one.
 * Loops wait on it, re-read the store and decide; so a lost event costs time, never correctness.
 */
export interface Signal {
  wake(): void
  /** Resolves at the next wake, or at once if one came since the last time. Rejects with the abort signal's reason. */
  woken(abort: AbortSignal): Promise<void>
}

export function createSignal(): Signal {
  let pending = false
  let resolveWaiting: (() => void) | undefined
  return {
    wake: () => {
      pending = true
      resolveWaiting?.()
    },
    woken: async (abort) => {
      abort.throwIfAborted()
      if (!pending) {
        await new Promise<void>((resolve, reject) => {
          const stop = (): void => reject(abort.reason)
          abort.addEventListener('abort', stop, { once: true })
          resolveWaiting = () => {
            abort.removeEventListener('abort', stop)
            resolve()
          }
        }).finally(() => {
          resolveWaiting = undefined
        })
      }
      pending = false
    },
  }
}
