import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react'

import { Button } from './button.tsx'
import { Problem } from './problem.tsx'
import { Skeleton } from './skeleton.tsx'
import { steadyRows } from './steady-rows.ts'
import { Table, type Column } from './table.tsx'

interface Page<T> {
  readonly items: readonly T[]
  readonly total: { readonly value: number; readonly exact: boolean }
}

interface ListingProps<T> {
  readonly label: string
  readonly query: UseInfiniteQueryResult<InfiniteData<Page<T>>>
  readonly columns: readonly Column<T>[]
  readonly keyOf: (row: T) => string
  readonly empty: ReactNode
}

/** A list in pages, in all its conditions: loading, failed, empty, there; calm under the pointer. */
export function Listing<T>({ label, query, columns, keyOf, empty }: ListingProps<T>): ReactNode {
  const [held, setHeld] = useState<readonly T[]>()
  const element = useRef<HTMLDivElement>(null)
  useLeaving(element, held !== undefined, () => setHeld(undefined))
  const fresh = query.data?.pages.flatMap((page) => page.items) ?? []
  if (query.isPending) return <Skeleton lines={6} label={`Loading ${label}`} />
  if (query.isError && fresh.length === 0) return <Problem error={query.error} onRetry={query.refetch} />
  if (fresh.length === 0) return empty
  const { rows, heldBack } = held ? steadyRows(held, fresh, keyOf) : { rows: fresh, heldBack: 0 }
  const total = query.data?.pages[0]?.total
  const more = async (): Promise<void> => {
    setHeld(undefined)
    await query.fetchNextPage()
  }
  return (
    <div className="listing" ref={element} onPointerEnter={() => setHeld(fresh)}>
      {heldBack > 0 ? (
        <Button className="updates" icon="arrow" onClick={() => setHeld(fresh)}>
          {heldBack === 1 ? '1 update' : `${heldBack} updates`}
        </Button>
      ) : null}
      <Table label={label} columns={columns} rows={rows} keyOf={keyOf} />
      <div className="listing-foot">
        <span className="quiet-text">
          {rows.length} of {total?.exact === false ? 'about ' : ''}
          {Math.max(total?.value ?? 0, rows.length)}
        </span>
        {query.hasNextPage ? (
          <Button busy={query.isFetchingNextPage} onClick={() => void more()}>
            Load more
          </Button>
        ) : null}
      </div>
    </div>
  )
}

/**
 * Told when the pointer is over something else. The browser tells no leaving when what the pointer was over went away,
 * like a dialog that was opened from a row and closed; so each move is looked at while it matters.
 */
function useLeaving(element: RefObject<HTMLElement | null>, isOver: boolean, left: () => void): void {
  useEffect(() => {
    if (!isOver) return
    const look = ({ target }: PointerEvent): void => {
      const inside = target instanceof Element && element.current?.contains(target) && !target.closest('dialog')
      if (!inside) left()
    }
    document.addEventListener('pointermove', look, { passive: true })
    document.documentElement.addEventListener('pointerleave', left)
    return () => {
      document.removeEventListener('pointermove', look)
      document.documentElement.removeEventListener('pointerleave', left)
    }
  })
}
