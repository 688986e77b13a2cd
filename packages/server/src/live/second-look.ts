import type { Clock, Ms } from '@octopus/kit/clock.ts'
import { firstOf } from '@octopus/kit/first-of.ts'
import { createSignal } from '@octopus/kit/signal.ts'

import type { Facts, ServerBus } from './facts.ts'

/** A little longer than the readings that many pages share (the fleet's, the coverage of plugins) are good for. */
const SECOND_LOOK_MS: Ms = 1_100
/** What those readings are made from. */
const MOVES_READINGS = [
  'touched',
  'client-changed',
  'presence-changed',
  'plugins-changed',
] as const satisfies readonly (keyof Facts)[]

/**
 * Pages that look at once when something happens may be given a shared reading from just before it, and nothing would
 * tell them to look again. So they are told once more when such readings have passed.
 */
export async function announceSecondLooks(
  needs: { readonly bus: ServerBus; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const { bus, clock } = needs
  const moved = createSignal()
  const stops = MOVES_READINGS.map((name) => bus.on(name, () => moved.wake()))
  while (!signal.aborted) {
    await firstOf(signal, moved.woken)
    await firstOf(signal, (either) => clock.after(SECOND_LOOK_MS, either))
    if (!signal.aborted) bus.publish('readings-passed', { at: clock.wall() })
  }
  for (const stop of stops) stop()
}
