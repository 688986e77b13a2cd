import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { ClientBadge } from '#domain/badges.tsx'
import { visibleText } from '#text/visible-text.ts'
import { Badge } from '#ui/badge.tsx'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'

import { clientsQuery, type Client, type ClientFilter } from './client-queries.ts'

const COLUMNS: readonly Column<Client>[] = [
  {
    head: 'Name',
    cell: (client) => (
      <Link to="/clients/$id" params={{ id: client.id }} className="row-link">
        {visibleText(client.name)}
      </Link>
    ),
  },
  { head: 'Status', cell: (client) => <ClientBadge client={client} /> },
  { head: 'User', cell: (client) => client.user ?? <span className="quiet-text">nobody</span> },
  { head: 'System', cell: (client) => visibleText(client.reported?.os ?? '–'), wide: true },
  { head: 'Version', cell: (client) => visibleText(client.version), wide: true },
  {
    head: 'Slots',
    cell: (client) => (client.slots ? `${client.slots.used} of ${client.slots.total}` : '–'),
    wide: true,
  },
  { head: 'Plugins', cell: (client) => <PluginsCell client={client} />, wide: true },
  { head: 'Last seen', cell: (client) => <Time at={client.lastSeenAt} none="never" />, wide: true },
]

function PluginsCell({ client }: { readonly client: Client }): ReactNode {
  if (client.status !== 'approved' || client.presence === 'offline') return <span className="quiet-text">–</span>
  if (client.plugins.inSync) return <Badge tone="good" icon="check" word="in sync" />
  return <Badge tone="waiting" icon="clock" word={`${client.plugins.missing} missing`} />
}

interface ClientListProps {
  readonly filter: ClientFilter
  /** The first step, when there is no client at all. */
  readonly firstStep: ReactNode
}

export function ClientList({ filter, firstStep }: ClientListProps): ReactNode {
  const query = useInfiniteQuery(clientsQuery(filter))
  const filtered = Object.values(filter).some((value) => value !== undefined)
  const empty = filtered ? (
    <Empty title="No client fits these filters">
      <Link to="/clients" className="button">
        Show all clients
      </Link>
    </Empty>
  ) : (
    <Empty title="No client yet">
      <p>A client is the program on a user&apos;s PC that does the work.</p>
      {firstStep}
    </Empty>
  )
  return <Listing label="Clients" query={query} columns={COLUMNS} keyOf={(client) => client.id} empty={empty} />
}
