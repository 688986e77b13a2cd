import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'

import { countOf } from '#domain/counts.ts'
import { executionLook } from '#domain/states.ts'
import { slotWords } from '#domain/words.ts'
import { visibleText } from '#text/visible-text.ts'
import { Badge } from '#ui/badge.tsx'
import { Button } from '#ui/button.tsx'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

import { CompareVariants } from './compare-variants.tsx'
import { resultGroupsQuery, type ResultGroup } from './run-queries.ts'

interface ResultGroupsProps {
  readonly run: string
  /** The chosen group, by which the executions below are filtered. */
  readonly chosen: string | undefined
  readonly onChoose: (digest: string | undefined) => void
}

/** Identical ends collapsed: who differs is seen at once. */
export function ResultGroups({ run, chosen, onChoose }: ResultGroupsProps): ReactNode {
  const query = useInfiniteQuery(resultGroupsQuery(run))
  const [compared, setCompared] = useState(false)
  if (query.isPending) return <Skeleton lines={2} label="Loading results" />
  if (query.isError && !query.data) return <Problem error={query.error} onRetry={query.refetch} />
  const groups = query.data?.pages.flatMap(({ items }) => items) ?? []
  const [first, second] = groups
  if (!first) return <p className="quiet-text">Nothing has ended yet.</p>
  return (
    <div className="stack">
      <p>{groupsHeadline(groups, query.hasNextPage)}</p>
      <ul className="result-groups">
        {groups.map((group) => (
          <Group
            key={group.digest}
            group={group}
            isChosen={group.digest === chosen}
            onChoose={() => onChoose(group.digest === chosen ? undefined : group.digest)}
          />
        ))}
      </ul>
      <div className="row">
        {query.hasNextPage ? (
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            More variants
          </Button>
        ) : null}
        {second ? (
          <Button onClick={() => setCompared(!compared)}>{compared ? 'Hide comparison' : 'Compare variants'}</Button>
        ) : null}
      </div>
      {compared && second ? <CompareVariants groups={groups} /> : null}
    </div>
  )
}

/** "1 790 clients: the same result; 3 variants, 52 clients". */
export function groupsHeadline(groups: readonly Pick<ResultGroup, 'count'>[], more: boolean): string {
  const [first, ...others] = groups
  if (!first) return ''
  const same = `${countOf(first.count, 'execution')}: the same result`
  if (others.length === 0) return same
  const rest = others.reduce((sum, { count }) => sum + count, 0)
  return `${same}; ${countOf(others.length, 'other variant')}, ${countOf(rest, 'execution')}${more ? ' and more' : ''}`
}

interface GroupProps {
  readonly group: ResultGroup
  readonly isChosen: boolean
  readonly onChoose: () => void
}

function Group({ group, isChosen, onChoose }: GroupProps): ReactNode {
  const { sample } = group
  const said = sample.error ? `${sample.error.type}: ${sample.error.message}` : (sample.preview ?? sample.reason ?? '')
  return (
    <li className="card result-group">
      <div className="row">
        <Badge {...executionLook(group.state, false)} />
        <strong>{group.count}</strong>
        <Link to="/executions/$id" params={{ id: sample.execution }}>
          e.g. {visibleText(sample.client?.name ?? slotWords(sample.slot))}
        </Link>
        <Button look="quiet" aria-pressed={isChosen} onClick={onChoose}>
          {isChosen ? 'Show all below' : 'Show these below'}
        </Button>
      </div>
      <pre className="json result-sample">
        {visibleText(said)}
        {sample.cut ? '…' : ''}
      </pre>
    </li>
  )
}
