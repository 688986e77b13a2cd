import type { ReactNode } from 'react'

import { absoluteTime } from '#text/relative-time.ts'
import { useNow } from '#ui/now.ts'

import { useLiveState } from './live-provider.tsx'

/** A stumble this short needs no alarm. */
const STALE_MS = 5_000

/** Whether what is shown is current: live, reconnecting, or stale since when. */
export function LivePill(): ReactNode {
  const { kind, since } = useLiveState()
  const now = useNow()
  if (kind === 'idle') return null
  const stale = kind === 'reconnecting' && now - since > STALE_MS
  const word =
    kind === 'live' ? 'Live' : stale ? `Stale since ${new Date(since).toLocaleTimeString()}` : 'Reconnecting…'
  const tone = kind === 'live' ? 'good' : stale ? 'bad' : 'warning'
  return (
    <span className={`pill tone-${tone}`} role="status" aria-label={`Connection: ${word}`} title={absoluteTime(since)}>
      <span className="pill-dot" />
      {word}
    </span>
  )
}
