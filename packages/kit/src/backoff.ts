import type { Ms } from './clock.ts'
import type { Random } from './random.ts'

/**
 * Exponential backoff with full jitter: uniform in [0, min(cap, base × 2^tries)). Spreads a fleet that lost its server
 * at one instant over the whole window (Marc Brooker, "Exponential Backoff And Jitter", 2015).
 */
export function fullJitter(random: Random, tries: number, options: { baseMs: Ms; capMs: Ms }): Ms {
  const window = Math.min(options.capMs, options.baseMs * 2 ** Math.min(tries, 30))
  return random.fraction() * window
}
