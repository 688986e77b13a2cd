/**
 * Resolves when the first of several waits has ended, and lets the others go. A wait that fails counts as ended: loops
 * look again and decide what that means. Never rejects.
 */
export async function firstOf(
  abort: AbortSignal,
  ...waits: readonly ((signal: AbortSignal) => Promise<void>)[]
): Promise<void> {
  const done = new AbortController()
  const either = AbortSignal.any([abort, done.signal])
  await Promise.race(waits.map((wait) => wait(either).catch(() => {})))
  done.abort(new Error('another wait was first'))
}
