import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { ExecutionBadge } from '#domain/badges.tsx'
import { slotWords } from '#domain/words.ts'
import { visibleText } from '#text/visible-text.ts'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import type { Column } from '#ui/table.tsx'
import { Time, Took } from '#ui/time.tsx'

import { executionsQuery, type ExecutionFilter, type ExecutionItem } from './execution-queries.ts'

type ColumnName = 'task' | 'who' | 'state' | 'attempt' | 'queued' | 'took' | 'reason'

const COLUMNS: Readonly<Record<ColumnName, (first: boolean) => Column<ExecutionItem>>> = {
  task: (first) => ({
    head: 'Task',
    cell: (execution) => link(execution, visibleText(execution.task.name), first),
  }),
  who: (first) => ({
    head: 'Client',
    cell: (execution) => {
      const name = visibleText(execution.client?.name ?? slotWords(execution.slot))
      return first ? link(execution, name, first) : name
    },
  }),
  state: () => ({ head: 'State', cell: (execution) => <ExecutionBadge execution={execution} /> }),
  attempt: () => ({ head: 'Attempt', cell: (execution) => execution.attempt, wide: true, align: 'end' }),
  queued: () => ({ head: 'Queued', cell: (execution) => <Time at={execution.queuedAt} />, wide: true }),
  took: () => ({
    head: 'Took',
    cell: (execution) => <Took from={execution.startedAt} to={execution.endedAt} />,
    wide: true,
  }),
  reason: () => ({ head: 'Reason', cell: (execution) => visibleText(execution.reason ?? '–'), wide: true }),
}

function link(execution: ExecutionItem, text: string, first: boolean): ReactNode {
  return (
    <Link to="/executions/$id" params={{ id: execution.id }} className={first ? 'row-link' : ''}>
      {text}
    </Link>
  )
}

interface ExecutionListProps {
  readonly topic: string
  readonly filter: ExecutionFilter
  readonly columns: readonly ColumnName[]
}

export function ExecutionList({ topic, filter, columns }: ExecutionListProps): ReactNode {
  const query = useInfiniteQuery(executionsQuery(topic, filter))
  return (
    <Listing
      label="Executions"
      query={query}
      columns={columns.map((name, index) => COLUMNS[name](index === 0))}
      keyOf={(execution) => execution.id}
      empty={<Empty title="No executions here" />}
    />
  )
}
