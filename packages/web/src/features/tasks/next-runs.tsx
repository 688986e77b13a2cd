import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { ownerWords, scheduleWords } from '#domain/words.ts'
import { visibleText } from '#text/visible-text.ts'
import { Section } from '#ui/page.tsx'
import { Time } from '#ui/time.tsx'

import { tasksQuery } from './task-queries.ts'

/** So many fit beside what runs now. */
const TASKS_MAX = 6

/** What comes next, the nearest first. */
export function NextRuns(): ReactNode {
  const { data } = useInfiniteQuery(tasksQuery({ sort: 'next-run' }, TASKS_MAX))
  const tasks = data?.pages[0]?.items.filter(({ nextRunAt }) => nextRunAt !== null) ?? []
  if (tasks.length === 0) return null
  return (
    <Section
      title="Next"
      aside={
        <Link to="/tasks" search={{ sort: 'next-run' }}>
          All coming runs
        </Link>
      }
    >
      <ul className="card next-runs">
        {tasks.map((task) => (
          <li key={task.id} className="row">
            <span className="next-when">
              <Time at={task.nextRunAt} near="any moment" />
            </span>
            <Link to="/tasks/$id" params={{ id: task.id }}>
              {visibleText(task.name)}
            </Link>
            <span className="quiet-text">
              {ownerWords(task)} · {scheduleWords(task)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
