import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { countOf, unfinished } from '#domain/counts.ts'
import { useMay } from '#domain/me.ts'
import { visibleText } from '#text/visible-text.ts'
import { ConfirmButton } from '#ui/confirm.tsx'
import { say } from '#ui/toasts.tsx'

import type { Run } from './run-queries.ts'

export function CancelRun({ run }: { readonly run: Run }): ReactNode {
  const may = useMay('operator')
  const cancel = useCall('cancelRun')
  if (!may || run.status === 'completed') return null
  const left = unfinished(run.counts)
  return (
    <ConfirmButton
      label="Cancel run"
      look="danger"
      icon="stop"
      title={`Cancel this run of ${visibleText(run.task.name)}?`}
      action={`Cancel ${countOf(left, 'execution')}`}
      disabled={run.cancelRequestedAt !== null}
      onConfirm={async () => {
        await cancel.mutateAsync({ params: { id: run.id } })
        say('Cancelling.')
      }}
    >
      <p>
        {countOf(left, 'execution')} that {left === 1 ? 'has' : 'have'} not ended will be stopped. What is done stays
        done.
      </p>
    </ConfirmButton>
  )
}
