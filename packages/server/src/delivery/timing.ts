import type { Clock, EpochMs, Ms } from '@octopus/kit/clock.ts'
import { HEARTBEAT_MS_MAX, HEARTBEAT_MS_MIN } from '@octopus/protocol/limits.ts'

/** What a client that wishes nothing gets. */
export const HEARTBEAT_MS_DEFAULT: Ms = 10_000
/** After a restart of the server, clients have this long beyond presence to come back before their session ends. */
const RESTART_GRACE_MS: Ms = 90_000

/** How long a silent client counts as online. */
export function presenceMs(heartbeatMs: Ms): Ms {
  return 3 * heartbeatMs
}

/** How long after a restart of the server a session of its last life lasts; by the default if its interval is not known, 0. */
export function comeBackMs(heartbeatMs: Ms): Ms {
  return presenceMs(heartbeatMs > 0 ? heartbeatMs : HEARTBEAT_MS_DEFAULT) + RESTART_GRACE_MS
}

/**
 * The interval that counts: the client's wish within 1 s and 60 s, and short enough that presence and the stopping of
 * plugins fit into the hold.
 */
export function clampHeartbeat(wishMs: Ms, holdMs: Ms): Ms {
  const longest = Math.min(HEARTBEAT_MS_MAX, (holdMs - 30_000) / 3)
  return Math.floor(Math.min(longest, Math.max(HEARTBEAT_MS_MIN, wishMs > 0 ? wishMs : HEARTBEAT_MS_DEFAULT)))
}

/**
 * When the hold has surely ended on both sides, counted from the last heartbeat that the server received: the client
 * counts from when it sent it, begins to stop at hold − 15 s and needs at most 10 s; 2 % is room for clocks that run apart.
 */
export function holdEndsAfter(holdMs: Ms): Ms {
  return Math.ceil(1.02 * holdMs) + 5_000
}

/**
 * A wall time that no step of the wall clock moves, carried on by the monotonic clock. Each life of the server goes on
 * where the one before was: so far ahead of the wall clock. What is stored would else move by every step since then.
 */
export function createSteadyTime(clock: Clock, aheadMs: Ms): () => EpochMs {
  const base = clock.wall() + aheadMs - clock.monotonic()
  return () => Math.round(base + clock.monotonic())
}
