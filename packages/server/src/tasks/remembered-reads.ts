import type { Clock, Ms } from '@octopus/kit/clock.ts'

import type { ServerBus } from '#live/facts.ts'
import type { SystemStore } from '#live/stats-store.ts'
import type { PluginStore } from '#plugins/plugin-store.ts'

type Reads = Pick<PluginStore, 'readPlugin'> & Pick<SystemStore, 'readWorkStopped'>

/** More plugins than anybody submits tasks for at the same time. */
const KEPT_MAX = 1_000

/**
 * What every task that is submitted has to know and what seldom changes: its plugin, and whether all work is stopped.
 * Read once, and again after the fact that says it may be different. A fact is published after its commit and before
 * its caller is answered, so that nobody who changed something is answered from before.
 */
export function rememberReads(
  store: Reads,
  bus: Pick<ServerBus, 'on'>,
  { clock, cacheTtlMs }: { readonly clock: Pick<Clock, 'monotonic'>; readonly cacheTtlMs: Ms },
): Reads {
  const plugins = new Map<string, { readonly at: Ms; readonly reading: ReturnType<Reads['readPlugin']> }>()
  let workStopped: ReturnType<Reads['readWorkStopped']> | undefined
  bus.on('plugins-changed', () => plugins.clear())
  bus.on('work-stopped', () => {
    workStopped = undefined
  })
  return {
    readPlugin: async ({ name }) => {
      const now = clock.monotonic()
      const known = plugins.get(name)
      if (known && now - known.at < cacheTtlMs) return known.reading
      const reading = store.readPlugin({ name })
      if (plugins.size >= KEPT_MAX) plugins.clear()
      plugins.set(name, { at: now, reading })
      const forget = (): void => {
        if (plugins.get(name)?.reading === reading) plugins.delete(name)
      }
      // Neither a failure nor that there is no such plugin is worth a place.
      reading.then((plugin) => plugin ?? forget(), forget)
      return reading
    },
    readWorkStopped: async () => {
      if (workStopped) return workStopped
      const reading = store.readWorkStopped({})
      workStopped = reading
      reading.catch(() => {
        if (workStopped === reading) workStopped = undefined
      })
      return reading
    },
  }
}
