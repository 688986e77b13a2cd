import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { executionLook, STATE_ORDER, type Counts } from '#domain/states.ts'
import { blockClass, Legend, Strip } from '#domain/strip.tsx'
import { slotWords } from '#domain/words.ts'
import { visibleText } from '#text/visible-text.ts'

import { executionsQuery } from './execution-queries.ts'

/** One page of the list: up to so many clients have a block of their own that can be hovered and opened. */
const OWN_BLOCKS_MAX = 200

/** A run's executions, one block per client; beyond a few hundred, blocks stand for several. */
export function ExecutionBlocks({ run, counts }: { readonly run: string; readonly counts: Counts }): ReactNode {
  const few = counts.total <= OWN_BLOCKS_MAX
  return (
    <div className="card">
      {few ? <OwnBlocks run={run} counts={counts} /> : <Strip counts={counts} blocksMax={400} />}
      <Legend counts={counts} />
    </div>
  )
}

function OwnBlocks({ run, counts }: { readonly run: string; readonly counts: Counts }): ReactNode {
  const { data } = useInfiniteQuery(executionsQuery(`run:${run}`, { run }, OWN_BLOCKS_MAX))
  const items = data?.pages[0]?.items
  if (!items) return <Strip counts={counts} blocksMax={OWN_BLOCKS_MAX} />
  const sorted = items.toSorted((a, b) => STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state))
  return (
    <nav className="blocks" aria-label="Executions of this run">
      {sorted.map((execution) => {
        const who = visibleText(execution.client?.name ?? slotWords(execution.slot))
        const what = `${who}: ${executionLook(execution.state, false).word}`
        return (
          <Link
            key={execution.id}
            to="/executions/$id"
            params={{ id: execution.id }}
            preload={false}
            className={blockClass(execution.state)}
            title={what}
            aria-label={what}
          />
        )
      })}
    </nav>
  )
}
