import type { ReactNode } from 'react'

import { clockTime, duration } from '#text/relative-time.ts'
import { Time } from '#ui/time.tsx'

import type { Execution } from './execution-queries.ts'
import { timeline } from './timeline.ts'

/** The execution's life so far. */
export function Timeline({ execution }: { readonly execution: Execution }): ReactNode {
  return (
    <ol className="timeline" aria-label="Timeline">
      {timeline(execution).map((step) => (
        <li key={step.name}>
          <span className="timeline-name">{step.name}</span>
          <span className="quiet-text time">{clockTime(Date.parse(step.at))}</span>
          <span className="timeline-after">
            {step.afterMs === undefined ? <Time at={step.at} /> : `+ ${duration(step.afterMs)}`}
          </span>
        </li>
      ))}
    </ol>
  )
}
