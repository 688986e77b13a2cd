import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { countOf } from '#domain/counts.ts'
import { visibleText } from '#text/visible-text.ts'
import { Badge } from '#ui/badge.tsx'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import { Meter } from '#ui/meter.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'

import { InboxProblems } from './inbox-problems.tsx'
import { languageLabel } from './languages.ts'
import { pluginsQuery, type PluginItem } from './plugin-queries.ts'

const COLUMNS: readonly Column<PluginItem>[] = [
  {
    head: 'Name',
    cell: (plugin) => (
      <>
        <Link to="/plugins/$name" params={{ name: plugin.name }} className="row-link">
          {plugin.name}
        </Link>{' '}
        {plugin.problem === null ? null : (
          <Badge tone="bad" icon="alert" word="problem" title={visibleText(plugin.problem)} />
        )}
        {plugin.doc === '' ? null : <div className="hint one-line">{visibleText(firstLine(plugin.doc))}</div>}
      </>
    ),
  },
  { head: 'Language', cell: (plugin) => languageLabel(plugin.language), wide: true },
  { head: 'Version', cell: (plugin) => plugin.version, align: 'end' },
  {
    head: 'Actions',
    cell: (plugin) => visibleText(plugin.actions.map(({ name }) => name).join(', ')) || '–',
    wide: true,
  },
  { head: 'On the clients', cell: (plugin) => <Coverage {...plugin.coverage} /> },
  {
    head: 'Changed',
    cell: (plugin) => (
      <>
        <Time at={plugin.updatedAt} /> <span className="quiet-text">by {plugin.updatedBy}</span>
      </>
    ),
    wide: true,
  },
]

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0] ?? ''
}

/** How far the current version has come. */
export function Coverage({ have, of }: { readonly have: number; readonly of: number }): ReactNode {
  return <Meter value={have} of={of} text={of === 0 ? 'no client online' : `${have} of ${countOf(of, 'client')}`} />
}

export function PluginList({ firstStep }: { readonly firstStep: ReactNode }): ReactNode {
  const query = useInfiniteQuery(pluginsQuery)
  const empty = (
    <Empty title="No plugin yet">
      <p>A plugin is one source file with your business logic. Every client gets it at once.</p>
      {firstStep}
    </Empty>
  )
  return (
    <>
      <InboxProblems problems={query.data?.pages[0]?.inboxProblems ?? []} />
      <Listing label="Plugins" query={query} columns={COLUMNS} keyOf={(plugin) => plugin.name} empty={empty} />
    </>
  )
}
