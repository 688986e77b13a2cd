import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { previewQuery } from '#features/tasks/task-queries.ts'
import { absoluteTime } from '#text/relative-time.ts'
import { ProblemText } from '#ui/problem.tsx'
import { Time } from '#ui/time.tsx'
import { useDebounced } from '#ui/use-debounced.ts'

import { missing, scheduleOf, type TaskDraft } from './draft.ts'

/** So long nothing is typed before the server is asked. */
const STILL_MS = 300
const TIMES = 5

/** The schedule in words, and when it is due next: seen before it is saved. */
export function NextTimes({ draft }: { readonly draft: TaskDraft }): ReactNode {
  const problems = missing(draft)
  const complete = problems['every'] === undefined && problems['cron'] === undefined
  const schedule = useDebounced(JSON.stringify(complete ? { ...scheduleOf(draft), count: TIMES } : null), STILL_MS)
  const asked = JSON.parse(schedule) as Parameters<typeof previewQuery>[0] | null
  const { data, error } = useQuery({
    ...previewQuery(asked ?? {}),
    enabled: asked !== null,
    placeholderData: keepPreviousData,
  })
  if (asked === null) return null
  if (error) return <ProblemText error={error} />
  if (!data) return <p className="quiet-text">…</p>
  return (
    <div aria-label="Next runs" role="status">
      <p>
        <strong>{data.text}</strong>
      </p>
      {data.times.length === 0 ? <p>There is no time left: it would never run.</p> : null}
      <ol className="next-times">
        {data.times.map(({ at, local, moved }) => (
          <li key={at}>
            <span className="mono">{local.replace('T', ' ')}</span> <Time at={at} near="now" />
            {moved ? <span className="quiet-text"> the clocks go forward over the time that was meant</span> : null}
            <span className="visually-hidden">{absoluteTime(Date.parse(at))}</span>
          </li>
        ))}
      </ol>
      {data.complete && data.times.length > 0 ? <p className="quiet-text">These are all.</p> : null}
    </div>
  )
}
