import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { countOf } from '#domain/counts.ts'
import { useMay } from '#domain/me.ts'
import { visibleText } from '#text/visible-text.ts'
import { ConfirmButton } from '#ui/confirm.tsx'
import { say } from '#ui/toasts.tsx'

import type { Run } from './run-queries.ts'

/** Does again what did not succeed, as a new run: what ended stays as it is. */
export function RetryRun({ run }: { readonly run: Run }): ReactNode {
  const may = useMay('operator')
  const retry = useCall('retryRun')
  const navigate = useNavigate()
  const { failed, lost, expired, cancelled, skipped } = run.counts
  const again = failed + lost + expired + cancelled + skipped + run.counts['timed-out']
  if (!may || run.status !== 'completed' || again === 0) return null
  return (
    <ConfirmButton
      label="Retry failed"
      icon="play"
      title={`Retry ${visibleText(run.task.name)}?`}
      action={`Retry ${countOf(again, 'execution')}`}
      onConfirm={async () => {
        const made = await retry.mutateAsync({ params: { id: run.id } })
        say('Started again.')
        void navigate({ to: '/runs/$id', params: { id: made.id } })
      }}
    >
      <p>
        {countOf(again, 'execution')} that did not succeed {again === 1 ? 'is' : 'are'} done again in a new run. This
        run stays as it is.
      </p>
    </ConfirmButton>
  )
}
