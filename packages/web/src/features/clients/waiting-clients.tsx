import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useMay } from '#domain/me.ts'
import { visibleText } from '#text/visible-text.ts'
import { Section } from '#ui/page.tsx'
import { Time } from '#ui/time.tsx'

import { ApproveClient } from './approve-client.tsx'
import { clientsQuery } from './client-queries.ts'

/** Clients that wait for somebody's approval; nothing where none does. */
export function WaitingClients(): ReactNode {
  const { data } = useInfiniteQuery(clientsQuery({ status: 'pending' }))
  const may = useMay('admin')
  const clients = data?.pages.flatMap((page) => page.items) ?? []
  if (clients.length === 0) return null
  return (
    <Section title="Needs you">
      <ul className="stack">
        {clients.map((client) => (
          <li key={client.id} className="card row waiting-client">
            <div>
              <Link to="/clients/$id" params={{ id: client.id }}>
                {visibleText(client.name)}
              </Link>{' '}
              waits for approval
              <div className="hint">
                {visibleText(client.reported?.os ?? 'unknown system')} · came <Time at={client.createdAt} />
              </div>
            </div>
            {may ? <ApproveClient client={client} /> : null}
          </li>
        ))}
      </ul>
    </Section>
  )
}
