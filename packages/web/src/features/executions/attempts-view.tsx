import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { executionLook } from '#domain/states.ts'
import { visibleText } from '#text/visible-text.ts'
import { Badge } from '#ui/badge.tsx'
import { Section } from '#ui/page.tsx'
import { Time, Took } from '#ui/time.tsx'

import type { Execution } from './execution-queries.ts'
import { ResultView } from './result-view.tsx'

/** Attempts that another one followed, with what each left. */
export function Attempts({ execution }: { readonly execution: Execution }): ReactNode {
  if (execution.attempts.length === 0) return null
  return (
    <Section title="Earlier attempts">
      {execution.attempts.map((one) => (
        <details key={one.fence} className="card attempt">
          <summary>
            Attempt {one.attempt} on {visibleText(one.client.name)} <Badge {...executionLook(one.end, false)} />{' '}
            <Time at={one.endedAt} />
          </summary>
          <p className="hint">
            {visibleText(one.reason)}, took <Took from={one.startedAt} to={one.endedAt} />
            {one.proved ? '' : '; nobody has seen its process end'} on{' '}
            <Link to="/clients/$id" params={{ id: one.client.id }}>
              {visibleText(one.client.name)}
            </Link>
          </p>
          {one.result ? <ResultView result={one.result} /> : <p className="quiet-text">It left no result.</p>}
        </details>
      ))}
    </Section>
  )
}
