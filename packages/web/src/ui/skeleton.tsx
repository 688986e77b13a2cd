import type { ReactNode } from 'react'

/** The shape of what is being read: as many lines as will be there, so that nothing jumps. */
export function Skeleton({
  lines = 4,
  label = 'Loading',
}: {
  readonly lines?: number
  readonly label?: string
}): ReactNode {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => line).map((line) => (
        <div key={line} className="skeleton-line" />
      ))}
    </div>
  )
}
