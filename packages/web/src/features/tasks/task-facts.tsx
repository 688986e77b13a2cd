import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { meaningOf, ownerWords, scheduleWords } from '#domain/words.ts'
import { duration } from '#text/relative-time.ts'
import { visibleText } from '#text/visible-text.ts'
import { JsonTree } from '#ui/json-tree.tsx'
import { Facts } from '#ui/page.tsx'
import { Time } from '#ui/time.tsx'

import type { Task } from './task-queries.ts'

const CATCH_UP_WORDS = {
  none: 'are not made up for',
  last: 'the last one is made up for',
  all: 'all are made up for',
} as const satisfies Record<Task['catchUp'], string>

const OVERLAP_WORDS = {
  skip: 'the new one is skipped',
  queue: 'the new one waits',
  allow: 'both run',
  'cancel-previous': 'the one before is cancelled',
} as const satisfies Record<Task['overlap'], string>

/** The task's definition. */
export function TaskFacts({ task }: { readonly task: Task }): ReactNode {
  const { retry } = task
  const retryWords = `${retry.maxAttempts} attempts, ${retry.backoffSeconds} s apart, on ${retry.on.join(', ')}`
  return (
    <div className="card stack">
      <Facts
        facts={[
          [
            'Plugin',
            <Link key="plugin" to="/plugins/$name" params={{ name: task.plugin }}>
              {task.plugin}
            </Link>,
          ],
          ['Action', visibleText(task.action)],
          ['Owner', ownerWords(task)],
          ['Schedule', scheduleWords(task)],
          ...(task.cron === null ? [] : [['Pattern', `${task.cron} (${task.timeZone ?? 'UTC'})`] as const]),
          ['First run', <Time key="start" at={task.startAt} />],
          ['No run from', <Time key="end" at={task.endAt} />],
          ['Time limit', duration(task.timeoutSeconds * 1_000)],
          ['Start within', task.deadlineSeconds === null ? 'default' : duration(task.deadlineSeconds * 1_000)],
          ['When the connection is lost', task.onDisconnect],
          ['Retry', retry.maxAttempts === 1 ? 'no' : retryWords],
          ['Missed runs', meaningOf(CATCH_UP_WORDS, task.catchUp)],
          ['Overlap', meaningOf(OVERLAP_WORDS, task.overlap)],
          ['Priority', task.priority],
          ['Created by', task.createdBy],
          ['Created', <Time key="created" at={task.createdAt} />],
        ]}
      />
      <h3>Arguments</h3>
      <div className="json">
        <JsonTree value={{ args: task.args, kwargs: task.kwargs }} />
      </div>
    </div>
  )
}
