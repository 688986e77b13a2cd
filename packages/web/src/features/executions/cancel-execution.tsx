import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { isFinal } from '#domain/states.ts'
import { visibleText } from '#text/visible-text.ts'
import { ConfirmButton } from '#ui/confirm.tsx'
import { say } from '#ui/toasts.tsx'

import type { Execution } from './execution-queries.ts'

export function CancelExecution({ execution }: { readonly execution: Execution }): ReactNode {
  const may = useMay('operator')
  const cancel = useCall('cancelExecution')
  if (!may || isFinal(execution.state)) return null
  const where = execution.client ? ` on ${visibleText(execution.client.name)}` : ''
  return (
    <ConfirmButton
      label="Cancel"
      look="danger"
      icon="stop"
      title="Cancel this execution?"
      action="Cancel execution"
      disabled={execution.cancelRequestedAt !== null}
      onConfirm={async () => {
        await cancel.mutateAsync({ params: { id: execution.id } })
        say('Cancelling.')
      }}
    >
      <p>
        {visibleText(execution.task.name)}
        {where} will be stopped, with everything it started. It is cancelled when the client confirms that.
      </p>
    </ConfirmButton>
  )
}
