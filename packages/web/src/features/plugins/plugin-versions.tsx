import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { Badge } from '#ui/badge.tsx'
import { Button } from '#ui/button.tsx'
import { ConfirmButton } from '#ui/confirm.tsx'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import { Section } from '#ui/page.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'
import { say } from '#ui/toasts.tsx'

import { CompareVersions } from './compare-versions.tsx'
import { pluginVersionsQuery, type Plugin, type Version } from './plugin-queries.ts'

/** Every version there was: compare it with the current one, make it current again. */
export function PluginVersions({ plugin }: { readonly plugin: Plugin }): ReactNode {
  const query = useInfiniteQuery(pluginVersionsQuery(plugin.name))
  const [compared, setCompared] = useState<number>()
  return (
    <Section title="Versions">
      <Listing
        label="Versions"
        query={query}
        columns={columnsOf(plugin, compared, setCompared)}
        keyOf={(version) => String(version.version)}
        empty={<Empty title="No version" />}
      />
      {compared === undefined ? null : <CompareVersions plugin={plugin} version={compared} />}
    </Section>
  )
}

function columnsOf(
  plugin: Plugin,
  compared: number | undefined,
  compare: (version: number | undefined) => void,
): readonly Column<Version>[] {
  return [
    {
      head: 'Version',
      cell: ({ version, state }) => (
        <>
          {version} {state === 'current' ? <Badge tone="good" icon="check" word="current" /> : null}
        </>
      ),
    },
    { head: 'Published', cell: (version) => <Time at={version.createdAt} /> },
    { head: 'By', cell: (version) => version.createdBy, wide: true },
    { head: 'Based on', cell: (version) => version.basedOn ?? '–', wide: true },
    { head: 'Size', cell: (version) => `${version.sizeBytes} bytes`, wide: true },
    { head: 'Checksum', cell: (version) => <code>{version.checksum.slice(0, 12)}</code>, wide: true },
    {
      head: 'Actions',
      hideHead: true,
      cell: (version) =>
        version.version === plugin.version ? null : (
          <span className="row">
            <Button look="quiet" onClick={() => compare(compared === version.version ? undefined : version.version)}>
              {compared === version.version ? 'Hide' : 'Compare'}
            </Button>
            {version.checksum === plugin.checksum ? null : <RollBack plugin={plugin} version={version} />}
          </span>
        ),
    },
  ]
}

function RollBack({ plugin, version }: { readonly plugin: Plugin; readonly version: Version }): ReactNode {
  const may = useMay('admin')
  const change = useCall('setCurrentVersion')
  if (!may) return null
  return (
    <ConfirmButton
      label="Roll back"
      look="quiet"
      title={`Go back to version ${version.version} of ${plugin.name}?`}
      action={`Make version ${version.version} current`}
      onConfirm={async () => {
        const { name, revision } = plugin
        const now = await change.mutateAsync({ params: { name }, revision, body: { checksum: version.checksum } })
        say(`Its source is current again, as version ${now.version}.`)
      }}
    >
      <p>
        New executions on all clients use its source, under a new version number. What runs now ends on the version that
        it began with.
      </p>
    </ConfirmButton>
  )
}
