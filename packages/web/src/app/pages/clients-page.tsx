import '#features/clients/clients.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'

import { ClientBadge } from '#domain/badges.tsx'
import { useMay } from '#domain/me.ts'
import { ClientActions } from '#features/clients/client-actions.tsx'
import { ClientFacts } from '#features/clients/client-facts.tsx'
import { ClientList } from '#features/clients/client-list.tsx'
import { clientQuery } from '#features/clients/client-queries.ts'
import { ConnectButton, ConnectDialog } from '#features/clients/connect-client.tsx'
import { ExecutionList } from '#features/executions/execution-list.tsx'
import { visibleText } from '#text/visible-text.ts'
import { Page, Section } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Select } from '#ui/select.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

const listRoute = getRouteApi('/signed-in/clients')
const route = getRouteApi('/signed-in/clients/$id')

export function ClientsPage(): ReactNode {
  const { deleted, ...filter } = listRoute.useSearch()
  const navigate = listRoute.useNavigate()
  const may = useMay('admin')
  const [connecting, setConnecting] = useState(false)
  const connect = <ConnectButton onClick={() => setConnecting(true)} />
  return (
    <Page title="Clients" about="The PCs that do the work" actions={may ? connect : null}>
      <ConnectDialog open={connecting} onClose={() => setConnecting(false)} />
      <div className="filters">
        <input
          type="search"
          aria-label="Name begins with"
          placeholder="Name begins with"
          defaultValue={filter.name ?? ''}
          onChange={({ target }) =>
            void navigate({ search: (before) => ({ ...before, name: target.value || undefined }), replace: true })
          }
        />
        <input
          type="search"
          aria-label="Label"
          placeholder="Label"
          defaultValue={filter.label ?? ''}
          onChange={({ target }) =>
            void navigate({ search: (before) => ({ ...before, label: target.value || undefined }), replace: true })
          }
        />
        <Select
          label="Status"
          value={filter.status ?? ''}
          choices={[
            { value: '', label: 'Any status' },
            { value: 'approved', label: 'Approved' },
            { value: 'pending', label: 'Waiting for approval' },
            { value: 'revoked', label: 'Revoked' },
          ]}
          onChange={(status) => void navigate({ search: (before) => ({ ...before, status: status || undefined }) })}
        />
        <Select
          label="Presence"
          value={filter.presence ?? ''}
          choices={[
            { value: '', label: 'Online or not' },
            { value: 'online', label: 'Online' },
            { value: 'offline', label: 'Offline' },
          ]}
          onChange={(presence) =>
            void navigate({ search: (before) => ({ ...before, presence: presence || undefined }) })
          }
        />
        <label className="check">
          <input
            type="checkbox"
            checked={deleted === 'true'}
            onChange={({ target }) =>
              void navigate({ search: (before) => ({ ...before, deleted: target.checked ? 'true' : undefined }) })
            }
          />
          Deleted
        </label>
      </div>
      <ClientList
        filter={deleted ? { ...filter, deleted: true } : filter}
        firstStep={may ? connect : <p>Ask an administrator to connect one.</p>}
      />
    </Page>
  )
}

export function ClientPage(): ReactNode {
  const { id } = route.useParams()
  const { data: client, error, refetch } = useQuery(clientQuery(id))
  if (!client) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={8} />
  return (
    <Page
      title={visibleText(client.name)}
      badge={<ClientBadge client={client} />}
      about={<Link to="/clients">All clients</Link>}
      actions={<ClientActions client={client} />}
    >
      <Section title="About this client">
        <ClientFacts client={client} />
      </Section>
      <Section title="Executions">
        <ExecutionList topic="executions" filter={{ client: id }} columns={['task', 'state', 'queued', 'took']} />
      </Section>
    </Page>
  )
}
