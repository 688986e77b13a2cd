import { createContext, use, useSyncExternalStore, type ReactNode } from 'react'

import type { Live } from '#live/live.ts'
import type { LiveState } from '#live/stream.ts'

const LiveContext = createContext<Live | undefined>(undefined)

export function LiveProvider({ live, children }: { readonly live: Live; readonly children: ReactNode }): ReactNode {
  return <LiveContext value={live}>{children}</LiveContext>
}

/** How current the page is. */
export function useLiveState(): LiveState {
  const live = use(LiveContext)
  if (!live) throw new Error('useLiveState() needs a LiveProvider above it.')
  return useSyncExternalStore(live.subscribe, live.state)
}
