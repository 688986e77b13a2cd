import type { ReactNode } from 'react'

import { countOf } from '#domain/counts.ts'
import { outcomeLook } from '#domain/states.ts'
import { meaningOf } from '#domain/words.ts'
import { visibleText } from '#text/visible-text.ts'
import { Badge } from '#ui/badge.tsx'
import { Icon } from '#ui/icon.tsx'
import { Time } from '#ui/time.tsx'

import type { Task } from './task-queries.ts'

const STEPS = ['created', 'active', 'completed'] as const
const WORDS = { created: 'Created', active: 'Active', completed: 'Completed' } as const

/** The task's way, and where it stands on it; and why it does not go on, if it does not. */
export function TaskPath({ task }: { readonly task: Task }): ReactNode {
  const at = STEPS.indexOf(task.status)
  return (
    <div className="card stack">
      <ol className="path" aria-label="Life of the task">
        {STEPS.map((step, index) => (
          <li
            key={step}
            className={index < at || task.status === 'completed' ? 'done' : ''}
            aria-current={index === at ? 'step' : undefined}
          >
            <span className="path-dot">
              {index < at || task.status === 'completed' ? <Icon name="check" size={12} /> : null}
            </span>
            {WORDS[step]}
          </li>
        ))}
      </ol>
      <p className="task-words">
        <Words task={task} />
      </p>
      {task.missed.last === null ? null : <Missed missed={task.missed} />}
      {task.waitingFor.filter(tellsMore).map((reason) => (
        <p key={reason.code} className="notice tone-waiting waiting">
          <Icon name="clock" />
          <span>
            {visibleText(reason.text)}{' '}
            <span className="time">
              (since <Time at={reason.since} />)
            </span>
          </span>
        </p>
      ))}
    </div>
  )
}

/** That its time has not come is said above, in the reader's own zone. */
function tellsMore(reason: Task['waitingFor'][number]): boolean {
  return reason.code !== 'not-due'
}

const MISSED_WORDS = {
  outage: 'no server was up',
  'work-stopped': 'all work was stopped',
  'disk-full': "the server's disk was full",
} as const satisfies Record<NonNullable<Task['missed']['last']>['reason'], string>

/** Runs that were due and never came, so that nobody has to wonder. */
function Missed({ missed }: { readonly missed: Task['missed'] }): ReactNode {
  if (missed.last === null) return null
  const { from, count, reason } = missed.last
  return (
    <p className="notice tone-warning">
      <Icon name="alert" />
      <span>
        {countOf(count, 'run')} left out <Time at={from} /> because {meaningOf(MISSED_WORDS, reason)}
        {missed.count > count ? `; ${missed.count} in all` : ''}.
      </span>
    </p>
  )
}

function Words({ task }: { readonly task: Task }): ReactNode {
  if (task.status === 'completed') {
    return task.outcome === null ? 'It is done.' : <>It ended: {<Badge {...outcomeLook(task.outcome)} />}</>
  }
  if (task.paused) {
    return (
      <>
        Paused <Time at={task.pausedAt} />: no run begins until it is resumed.
      </>
    )
  }
  if (task.nextRunAt !== null) {
    return (
      <>
        Next run <Time at={task.nextRunAt} near="any moment" />.
      </>
    )
  }
  return task.status === 'created' ? 'Nothing has been handed to a client yet.' : 'Handed out; it is being done.'
}
