import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { RunBadge } from '#domain/badges.tsx'
import { headline } from '#domain/counts.ts'
import { Strip } from '#domain/strip.tsx'
import { visibleText } from '#text/visible-text.ts'
import { Empty } from '#ui/empty.tsx'
import { Section } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'
import { Time } from '#ui/time.tsx'

import { runsQuery } from './run-queries.ts'

/** So many fit a screen; the rest is one click away. */
const RUNS_MAX = 8

/** What runs at this moment, one strip of blocks each. */
export function RunningNow(): ReactNode {
  const query = useInfiniteQuery(runsQuery({ status: 'active' }, RUNS_MAX))
  const page = query.data?.pages[0]
  return (
    <Section
      title="Now"
      aside={
        <Link to="/runs" search={{ status: 'active' }}>
          All active runs
        </Link>
      }
    >
      {query.isPending ? <Skeleton lines={3} /> : null}
      {query.isError && !page ? <Problem error={query.error} onRetry={query.refetch} /> : null}
      {page?.items.length === 0 ? <Empty title="Nothing is running" /> : null}
      <ul className="stack">
        {page?.items.map((run) => (
          <li key={run.id} className="card running">
            <div className="row running-head">
              <Link to="/runs/$id" params={{ id: run.id }}>
                <strong>{visibleText(run.task.name)}</strong>
              </Link>
              <RunBadge run={run} />
              <span className="quiet-text running-when">
                <Time at={run.dueAt} />
              </span>
            </div>
            <Strip counts={run.counts} blocksMax={120} />
            <p className="hint">{headline(run.counts)}</p>
          </li>
        ))}
      </ul>
    </Section>
  )
}
