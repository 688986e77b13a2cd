import type { EpochMs, Ms } from '@octopus/kit/clock.ts'
import type { SkewSource } from '@octopus/protocol/rest/why.ts'

/** By the client's clock, as it came. */
export interface OutputTimes {
  readonly firstAt: EpochMs
  readonly lastAt: EpochMs
}

/** By how much the client's clock is ahead of the server's; below zero: behind. */
export interface ClockSkew {
  readonly ms: Ms
  readonly from: SkewSource
}

/** Less than this is only how long things take on their way. */
const SEEN_FROM_MS: Ms = 2_000

/**
 * Pure: what the times of output prove comes first, since it is of this execution: a clock may have been set since. Else
 * what the client's last heartbeat told, which is wrong by the time that it took on its way. Null: nothing shows any.
 */
export function clockSkew(
  told: { readonly output: OutputTimes | null; readonly heardAheadMs: Ms | null },
  server: { readonly assignedAt: EpochMs | null; readonly endedAt: EpochMs | null; readonly now: EpochMs },
): ClockSkew | null {
  const proved = provedByOutput(told.output, server)
  if (proved !== null) return { ms: Math.round(proved), from: 'output' }
  const { heardAheadMs: heard } = told
  return heard !== null && Math.abs(heard) >= SEEN_FROM_MS ? { ms: Math.round(heard), from: 'heartbeat' } : null
}

/**
 * At least so much. Starts and ends are stored as far as they can be true, so they show no difference; the times of output
 * are stored as they came. Output before the hand-over proves a clock that is behind, output after the end or in the future
 * one that is ahead.
 */
function provedByOutput(output: OutputTimes | null, server: Parameters<typeof clockSkew>[1]): Ms | null {
  if (output === null || server.assignedAt === null) return null
  const behind = output.firstAt - server.assignedAt
  if (behind <= -SEEN_FROM_MS) return behind
  const ahead = output.lastAt - (server.endedAt ?? server.now)
  return ahead >= SEEN_FROM_MS ? ahead : null
}
