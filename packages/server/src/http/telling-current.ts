import { type ErrorCode, OctopusError } from '@octopus/protocol/errors.ts'

/** Refusals that say that somebody else was faster. */
const FASTER: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['STALE_REVISION', 'VERSION_CONFLICT'])

/**
 * Does it; where somebody else was faster, the refusal carries the object as it is now, so that whoever was late can
 * put the change on top of it without asking again.
 */
export async function tellingCurrent<T>(act: () => Promise<T>, current: () => Promise<object>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    // It may be gone by now: the refusal alone is the answer then.
    if (error instanceof OctopusError && FASTER.has(error.code)) error.current = await current().catch(() => undefined)
    throw error
  }
}
