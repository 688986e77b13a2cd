import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { countOf, unfinished } from '#domain/counts.ts'
import { useMay } from '#domain/me.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { ConfirmButton } from '#ui/confirm.tsx'
import { say, sayProblem } from '#ui/toasts.tsx'

import type { Task } from './task-queries.ts'

/** Run now, end, cancel. */
export function TaskActions({ task }: { readonly task: Task }): ReactNode {
  const may = useMay('operator')
  const run = useCall('runTask')
  const end = useCall('endTask')
  const cancel = useCall('cancelTask')
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
  return (
    <>
      <Button look="primary" icon="play" busy={run.isPending} onClick={runNow}>
        Run now
      </Button>
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
      {task.status === 'completed' ? null : (
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
