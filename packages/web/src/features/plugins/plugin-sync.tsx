import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { visibleText } from '#text/visible-text.ts'
import { Meter } from '#ui/meter.tsx'
import { Section } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

import { pluginSyncQuery } from './plugin-queries.ts'

/** So many of the missing are named. */
const NAMED_MAX = 20

/** How far the current version has spread, live. */
export function PluginSync({ name }: { readonly name: string }): ReactNode {
  const { data, error, refetch } = useQuery(pluginSyncQuery(name))
  if (!data)
    return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={1} label="Loading coverage" />
  const text = data.of === 0 ? 'No client is online' : `${data.have} of ${data.of} clients have the current version`
  return (
    <Section title="On the clients">
      <div className="card stack" data-testid="coverage">
        <Meter value={data.have} of={data.of} text={text} />
        {data.missing.length === 0 ? null : (
          <details>
            <summary>{data.missing.length} without it</summary>
            <ul>
              {data.missing.slice(0, NAMED_MAX).map((client) => (
                <li key={client.client}>
                  <Link to="/clients/$id" params={{ id: client.client }}>
                    {visibleText(client.name)}
                  </Link>
                  : {visibleText(client.reason)}
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </Section>
  )
}
