import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'
import { TextDifference } from '#ui/text-difference.tsx'

import { versionQuery, type Plugin } from './plugin-queries.ts'

/** An old version beside the current one. */
export function CompareVersions({ plugin, version }: { readonly plugin: Plugin; readonly version: number }): ReactNode {
  const { data, error, refetch } = useQuery(versionQuery(plugin.name, version))
  if (!data)
    return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={6} label="Loading versions" />
  return (
    <div className="card stack">
      <h3>
        From version {version} to version {plugin.version}
      </h3>
      <TextDifference before={data.source} after={plugin.source} />
    </div>
  )
}
