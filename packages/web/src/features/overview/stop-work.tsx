import type { Answer } from '@octopus/api-client/request.ts'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { countOf } from '#domain/counts.ts'
import { useMay } from '#domain/me.ts'
import { ConfirmButton } from '#ui/confirm.tsx'
import { say } from '#ui/toasts.tsx'

/** The emergency stop. */
export function StopWork({ stats }: { readonly stats: Answer<'getStats'> }): ReactNode {
  const may = useMay('operator')
  const stop = useCall('stopAllWork')
  if (!may || stats.workStopped) return null
  const { queued, assigned, running, disconnected } = stats.executions
  return (
    <ConfirmButton
      label="Stop all work"
      icon="stop"
      look="danger"
      title="Stop all work?"
      action="Stop all work"
      onConfirm={async () => {
        const { cancelled } = await stop.mutateAsync({})
        say(`Work is stopped; ${countOf(cancelled, 'execution')} cancelled.`)
      }}
    >
      <p>
        Nothing more is planned or handed out, and {countOf(queued + assigned + running + disconnected, 'execution')}{' '}
        will be cancelled. It stays so until an administrator resumes the work.
      </p>
    </ConfirmButton>
  )
}
