import { createContext, use, useSyncExternalStore, type ReactNode } from 'react'

import type { Live } from '#live/live.ts'
import type { LiveState } from '#live/stream.ts'

const LiveContext = createContext<Live | undefined>(undefined)

export function LiveProvider({ live, children }: { readonly live: Live; readonly children: ReactNode }): ReactNode {
  return <LiveContext value={live}>{children}</LiveContext>
}

export function useLive(): Live {
  const live = use(LiveContext)
  if (!live) throw new Error('useLive() needs a LiveProvider above it.')
  return live
}

/** How current the page is. */
export function useLiveState(): LiveState {
  const live = useLive()
  return useSyncExternalStore(live.subscribe, live.state)
}
