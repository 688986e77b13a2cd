import type { EpochMs, Ms } from '@octopus/kit/clock.ts'

/** By the client's clock, as it came. */
export interface OutputTimes {
  readonly firstAt: EpochMs
  readonly lastAt: EpochMs
}

/** Less than this is only how long things take on their way. */
const SEEN_FROM_MS: Ms = 2_000

/**
 * Pure: by how much the client's clock is ahead of the server's at least; below zero: behind. Starts and ends are stored
 * as far as they can be true, so they show no difference; the times of output are stored as they came. Output before the
 * hand-over proves a clock that is behind, output after the end or in the future one that is ahead. Null: nothing is proved.
 */
export function clockSkew(
  output: OutputTimes | null,
  server: { readonly assignedAt: EpochMs | null; readonly endedAt: EpochMs | null; readonly now: EpochMs },
): Ms | null {
  if (output === null || server.assignedAt === null) return null
  const behind = output.firstAt - server.assignedAt
  if (behind <= -SEEN_FROM_MS) return Math.round(behind)
  const ahead = output.lastAt - (server.endedAt ?? server.now)
  return ahead >= SEEN_FROM_MS ? Math.round(ahead) : null
}
