import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { TaskBadge } from '#domain/badges.tsx'
import { Strip } from '#domain/strip.tsx'
import { ownerWords, scheduleWords } from '#domain/words.ts'
import { visibleText } from '#text/visible-text.ts'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'

import { tasksQuery, type Task, type TaskFilter } from './task-queries.ts'

const COLUMNS: readonly Column<Task>[] = [
  {
    head: 'Name',
    cell: (task) => (
      <>
        <Link to="/tasks/$id" params={{ id: task.id }} className="row-link">
          {visibleText(task.name)}
        </Link>
        <div className="hint">
          {task.plugin} · {visibleText(task.action)}
        </div>
      </>
    ),
  },
  { head: 'Status', cell: (task) => <TaskBadge task={task} /> },
  { head: 'Owner', cell: ownerWords, wide: true },
  { head: 'Schedule', cell: scheduleWords, wide: true },
  { head: 'Last run', cell: (task) => <Strip counts={task.counts} blocksMax={24} />, wide: true },
  { head: 'Next', cell: (task) => <Time at={task.nextRunAt} near="any moment" />, wide: true },
  {
    head: 'Created',
    cell: (task) => (
      <>
        <Time at={task.createdAt} /> <span className="quiet-text">by {task.createdBy}</span>
      </>
    ),
    wide: true,
  },
]

interface TaskListProps {
  readonly filter: TaskFilter
  readonly firstStep: ReactNode
}

export function TaskList({ filter, firstStep }: TaskListProps): ReactNode {
  const query = useInfiniteQuery(tasksQuery(filter))
  const filtered = Object.values(filter).some((value) => value !== undefined)
  const empty = filtered ? (
    <Empty title="No task fits these filters">
      <Link to="/tasks" className="button">
        Show all tasks
      </Link>
    </Empty>
  ) : (
    <Empty title="No task yet">
      <p>A task says which plugin shall run, on whose PC, and when.</p>
      {firstStep}
    </Empty>
  )
  return <Listing label="Tasks" query={query} columns={COLUMNS} keyOf={(task) => task.id} empty={empty} />
}
