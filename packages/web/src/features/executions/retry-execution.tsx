import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { isFinal } from '#domain/states.ts'
import { Button } from '#ui/button.tsx'
import { say, sayProblem } from '#ui/toasts.tsx'

import type { Execution } from './execution-queries.ts'

/** Does it again for the same slot, as a new run. */
export function RetryExecution({ execution }: { readonly execution: Execution }): ReactNode {
  const may = useMay('operator')
  const retry = useCall('retryExecution')
  const navigate = useNavigate()
  if (!may || !isFinal(execution.state)) return null
  const again = (): void =>
    retry.mutate(
      { params: { id: execution.id } },
      {
        onError: sayProblem,
        onSuccess: (run) => {
          say('Started again.')
          void navigate({ to: '/runs/$id', params: { id: run.id } })
        },
      },
    )
  return (
    <Button icon="play" busy={retry.isPending} onClick={again}>
      Run again
    </Button>
  )
}
