import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { RunBadge } from '#domain/badges.tsx'
import { Strip } from '#domain/strip.tsx'
import { causeWords } from '#domain/words.ts'
import { visibleText } from '#text/visible-text.ts'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import type { Column } from '#ui/table.tsx'
import { Time, Took } from '#ui/time.tsx'

import { runsQuery, taskRunsQuery, type Run, type RunFilter } from './run-queries.ts'

const TASK: Column<Run> = {
  head: 'Task',
  cell: (run) => (
    <Link to="/runs/$id" params={{ id: run.id }} className="row-link">
      {visibleText(run.task.name)}
    </Link>
  ),
}
const WHEN_LINK: Column<Run> = {
  head: 'Due',
  cell: (run) => (
    <Link to="/runs/$id" params={{ id: run.id }} className="row-link">
      <Time at={run.dueAt} />
    </Link>
  ),
}
const WHEN: Column<Run> = { head: 'Due', cell: (run) => <Time at={run.dueAt} />, wide: true }
const REST: readonly Column<Run>[] = [
  { head: 'State', cell: (run) => <RunBadge run={run} /> },
  { head: 'Executions', cell: (run) => <Strip counts={run.counts} blocksMax={30} />, wide: true },
  { head: 'Took', cell: (run) => <Took from={run.createdAt} to={run.endedAt} />, wide: true },
  { head: 'Cause', cell: (run) => causeWords(run.cause), wide: true },
]
const COLUMNS = [TASK, ...REST.slice(0, 2), WHEN, ...REST.slice(2)]
const TASK_COLUMNS = [WHEN_LINK, ...REST]

export function RunList({
  filter,
  firstStep,
}: {
  readonly filter: RunFilter
  readonly firstStep: ReactNode
}): ReactNode {
  const query = useInfiniteQuery(runsQuery(filter))
  const filtered = Object.values(filter).some((value) => value !== undefined)
  const empty = (
    <Empty title={filtered ? 'No run fits these filters' : 'No runs yet'}>
      {filtered ? (
        <Link to="/runs" className="button">
          Show all runs
        </Link>
      ) : (
        firstStep
      )}
    </Empty>
  )
  return <Listing label="Runs" query={query} columns={COLUMNS} keyOf={(run) => run.id} empty={empty} />
}

export function TaskRunList({ task }: { readonly task: string }): ReactNode {
  const query = useInfiniteQuery(taskRunsQuery(task))
  const empty = <Empty title="It has not run yet" />
  return <Listing label="Runs" query={query} columns={TASK_COLUMNS} keyOf={(run) => run.id} empty={empty} />
}
