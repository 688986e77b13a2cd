import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { jsonLine } from '#text/json.ts'
import { visibleText } from '#text/visible-text.ts'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import { Section } from '#ui/page.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'

import { auditQuery, type AuditEntry, type AuditFilter } from './settings-queries.ts'

const DETAILS_CHARACTERS_MAX = 160

const COLUMNS: readonly Column<AuditEntry>[] = [
  { head: 'When', cell: (entry) => <Time at={entry.at} /> },
  {
    head: 'Who',
    cell: ({ actor }) => (
      <>
        {visibleText(actor.name)} <span className="quiet-text">{actor.kind === 'user' ? '' : actor.kind}</span>
      </>
    ),
  },
  { head: 'What', cell: (entry) => visibleText(entry.action) },
  { head: 'To what', cell: (entry) => <code>{visibleText(entry.subject)}</code>, wide: true },
  {
    head: 'Details',
    cell: (entry) =>
      Object.keys(entry.details).length === 0 ? (
        ''
      ) : (
        <code>{visibleText(jsonLine(entry.details, DETAILS_CHARACTERS_MAX))}</code>
      ),
    wide: true,
  },
]

interface AuditTrailProps {
  readonly filter: AuditFilter
  readonly onFilter: (filter: AuditFilter) => void
}

/** Who did what, newest first. */
export function AuditTrail({ filter, onFilter }: AuditTrailProps): ReactNode {
  const query = useInfiniteQuery(auditQuery(filter))
  const field = (name: 'actor' | 'action' | 'subject', label: string, placeholder: string): ReactNode => (
    <input
      key={name}
      type="search"
      aria-label={label}
      placeholder={placeholder}
      defaultValue={filter[name] ?? ''}
      onChange={(event) => onFilter({ ...filter, [name]: event.target.value.trim() || undefined })}
    />
  )
  return (
    <Section title="Audit trail">
      <div className="filters">
        {field('actor', 'Who', 'Who: a name or id')}
        {field('action', 'What', 'What: task.created')}
        {field('subject', 'To what', 'To what: an id or a name')}
      </div>
      <Listing
        label="Audit trail"
        query={query}
        columns={COLUMNS}
        keyOf={(entry) => entry.id}
        empty={<Empty title="Nothing like that was done" />}
      />
    </Section>
  )
}
