import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { call } from '#api/call.ts'
import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { meaningOf } from '#domain/words.ts'
import { Button } from '#ui/button.tsx'
import { Icon } from '#ui/icon.tsx'
import { Time } from '#ui/time.tsx'
import { sayProblem } from '#ui/toasts.tsx'

const brakeQuery = queryOptions({
  queryKey: ['stats', 'brake'],
  queryFn: ({ signal }) => call('getBrake', {}, signal),
})

const REASONS = {
  'clients-vanished': 'Many clients vanished at once.',
  'server-started': 'The server has just started, and clients with work are not back yet.',
  'server-paused': 'The server stood still for a while, and clients with work are not back yet.',
} as const

/** Said on every page while the brake is on, or while an older backup is in the way. */
export function BrakeBanner(): ReactNode {
  const { data: brake } = useQuery(brakeQuery)
  const release = useCall('releaseBrake')
  const may = useMay('operator')
  if (!brake) return null
  return (
    <>
      {brake.futureFence ? (
        <div className="stopped" role="alert">
          <Icon name="alert" />
          <span>
            Nothing is handed out: <ClientLink id={brake.futureFence.client} /> has work that this server does not know
            of. An older copy of its store was put back by hand. Stop the server and restore its newest backup, or one
            made now with “octopus backup”, by “octopus restore”.
          </span>
        </div>
      ) : null}
      {brake.on ? (
        <div className="braked" role="status">
          <Icon name="pause" />
          <span>
            {brake.reason === null ? '' : meaningOf(REASONS, brake.reason)} What is out of contact is not given to
            others and not called lost. {brake.back} of {brake.gone} are back
            {brake.endsAt === null ? '' : '; it ends at the latest '}
            {brake.endsAt === null ? null : <Time at={brake.endsAt} />}.
          </span>
          {may ? (
            <Button busy={release.isPending} onClick={() => release.mutate({}, { onError: sayProblem })}>
              Release the brake
            </Button>
          ) : null}
        </div>
      ) : null}
    </>
  )
}

function ClientLink({ id }: { readonly id: string }): ReactNode {
  return (
    <Link to="/clients/$id" params={{ id }}>
      a client
    </Link>
  )
}
