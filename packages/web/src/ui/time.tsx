import type { ReactNode } from 'react'

import { absoluteTime, duration, relativeTime } from '#text/relative-time.ts'

import { useNow } from './now.ts'

interface TimeProps {
  readonly at: string | null
  /** Said when there is no time. */
  readonly none?: string
  /** Said of this moment; "just now" does not fit what is still to come. */
  readonly near?: string
}

/** A time relative to now; hovering tells the local date, time and zone. */
export function Time({ at, none = '–', near }: TimeProps): ReactNode {
  const now = useNow()
  if (at === null) return <span className="quiet-text">{none}</span>
  const instant = Date.parse(at)
  return (
    <time dateTime={at} title={absoluteTime(instant)} className="time">
      {relativeTime(instant, now, near)}
    </time>
  )
}

/** How long something took, or takes until now. */
export function Took({ from, to }: { readonly from: string | null; readonly to: string | null }): ReactNode {
  const now = useNow()
  if (from === null) return <span className="quiet-text">–</span>
  const end = to === null ? now : Date.parse(to)
  return <span className="time">{duration(end - Date.parse(from))}</span>
}
