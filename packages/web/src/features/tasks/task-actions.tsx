import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { countOf, unfinished } from '#domain/counts.ts'
import { useMay } from '#domain/me.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { ConfirmButton } from '#ui/confirm.tsx'
import { say, sayProblem } from '#ui/toasts.tsx'

import { ExportTask } from './export-task.tsx'
import type { Task } from './task-queries.ts'

/** Run now, pause or resume, edit, copy, end, cancel, delete. */
export function TaskActions({ task }: { readonly task: Task }): ReactNode {
  const may = useMay('operator')
  const run = useCall('runTask')
  const end = useCall('endTask')
  const cancel = useCall('cancelTask')
  const pause = useCall('pauseTask')
  const resume = useCall('resumeTask')
  const remove = useCall('deleteTask')
  const restore = useCall('restoreTask')
  const navigate = useNavigate()
  if (!may) return null
  const params = { id: task.id }
  const name = visibleText(task.name)
  const left = unfinished(task.counts)
  const runNow = (): void =>
    run.mutate(
      { params, body: {} },
      {
        onError: sayProblem,
        onSuccess: (started) => {
          say('Started.')
          void navigate({ to: '/runs/$id', params: { id: started.id } })
        },
      },
    )
  const tell = (text: string) => ({ onError: sayProblem, onSuccess: () => say(text) })
  if (task.deletedAt !== null) {
    return (
      <Button
        look="primary"
        busy={restore.isPending}
        onClick={() => restore.mutate({ params }, tell(`${name} is back.`))}
      >
        Restore
      </Button>
    )
  }
  return (
    <>
      <Button look="primary" icon="play" busy={run.isPending} onClick={runNow}>
        Run now
      </Button>
      {task.type === 'scheduled' && task.status !== 'completed' && !task.paused ? (
        <Button busy={pause.isPending} onClick={() => pause.mutate({ params }, tell('Paused. What runs now goes on.'))}>
          Pause
        </Button>
      ) : null}
      {task.paused ? (
        <Button
          busy={resume.isPending}
          onClick={() => resume.mutate({ params }, tell('Resumed. What was due meanwhile is not made up for.'))}
        >
          Resume
        </Button>
      ) : null}
      <Link to="/tasks/$id/edit" params={params} className="button">
        Edit
      </Link>
      <Link to="/new-task" search={{ copy: task.id }} className="button">
        Duplicate
      </Link>
      <ExportTask task={task} />
      {task.type === 'scheduled' && task.status !== 'completed' ? (
        <ConfirmButton
          label="End"
          title={`End ${name}?`}
          action="End the schedule"
          onConfirm={async () => {
            await end.mutateAsync({ params })
            say('The schedule has ended.')
          }}
        >
          <p>There will be no more runs. What runs now goes on.</p>
        </ConfirmButton>
      ) : null}
      {task.status === 'completed' ? (
        <ConfirmButton
          label="Delete"
          look="danger"
          title={`Delete ${name}?`}
          action="Delete the task"
          onConfirm={async () => {
            await remove.mutateAsync({ params })
            say(`${name} is deleted. It can be restored for 30 days.`)
            void navigate({ to: '/tasks' })
          }}
        >
          <p>It goes from all lists. Its runs stay, and it can be restored for 30 days.</p>
        </ConfirmButton>
      ) : (
        <ConfirmButton
          label="Cancel"
          look="danger"
          icon="stop"
          title={`Cancel ${name}?`}
          action="Cancel the task"
          onConfirm={async () => {
            await cancel.mutateAsync({ params })
            say('Cancelling.')
          }}
        >
          <p>
            The task ends
            {left > 0 ? `, and ${countOf(left, 'execution')} of its last run will be stopped.` : '.'}
          </p>
        </ConfirmButton>
      )}
    </>
  )
}
