import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { statsQuery } from '#domain/stats.ts'
import { Button } from '#ui/button.tsx'
import { Icon } from '#ui/icon.tsx'
import { sayProblem } from '#ui/toasts.tsx'

/** While all work is stopped, every page says so: otherwise nobody would understand why nothing moves. */
export function StoppedBanner(): ReactNode {
  const { data } = useQuery(statsQuery)
  const resume = useCall('resumeAllWork')
  const may = useMay('admin')
  if (data?.workStopped !== true) return null
  return (
    <div className="stopped" role="alert">
      <Icon name="stop" />
      <span>All work is stopped: nothing is planned and nothing is handed out.</span>
      {may ? (
        <Button busy={resume.isPending} onClick={() => resume.mutate({}, { onError: sayProblem })}>
          Resume all work
        </Button>
      ) : (
        'An administrator can resume it.'
      )}
    </div>
  )
}
