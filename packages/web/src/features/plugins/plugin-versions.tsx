import type { Answer } from '@octopus/api-client/request.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import { Section } from '#ui/page.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'

import { pluginVersionsQuery } from './plugin-queries.ts'

type Version = Answer<'listPluginVersions'>['items'][number]

const COLUMNS: readonly Column<Version>[] = [
  { head: 'Version', cell: (version) => version.version },
  { head: 'Published', cell: (version) => <Time at={version.createdAt} /> },
  { head: 'By', cell: (version) => version.createdBy },
  { head: 'Size', cell: (version) => `${version.sizeBytes} bytes`, wide: true },
  { head: 'Checksum', cell: (version) => <code>{version.checksum.slice(0, 12)}</code>, wide: true },
]

export function PluginVersions({ name }: { readonly name: string }): ReactNode {
  const query = useInfiniteQuery(pluginVersionsQuery(name))
  return (
    <Section title="Versions">
      <Listing
        label="Versions"
        query={query}
        columns={COLUMNS}
        keyOf={(version) => String(version.version)}
        empty={<Empty title="No version" />}
      />
    </Section>
  )
}
