import { useQuery } from '@tanstack/react-query'
import { useState, type PointerEvent, type ReactNode } from 'react'

import { absoluteTime } from '#text/relative-time.ts'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

import { histogramOf, spanOf, type HistogramColumn } from './histogram.ts'
import { runStatsQuery } from './run-queries.ts'

interface RunHistogramProps {
  /** Without times: the last 24 hours. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Called with the time that was drawn over. */
  readonly onZoom: (from: string, to: string) => void
}

/** Units of the drawing; it is stretched to the width there is. */
const WIDTH = 1_000
const HEIGHT = 100

/** Runs over time, stacked by outcome. Drawing over it zooms in; so does the list below, for who uses no pointer. */
export function RunHistogram({ from, to, onZoom }: RunHistogramProps): ReactNode {
  const { data, error, refetch } = useQuery(runStatsQuery({ from, to }))
  const [drawn, setDrawn] = useState<readonly [number, number]>()
  if (!data) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={4} label="Loading runs" />
  const columns = histogramOf(data.items)
  const total = columns.reduce((sum, column) => sum + column.total, 0)
  const step = WIDTH / Math.max(1, columns.length)
  const columnAt = (event: PointerEvent<SVGSVGElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    const share = (event.clientX - left) / Math.max(1, width)
    return Math.min(columns.length - 1, Math.max(0, Math.floor(share * columns.length)))
  }
  const zoom = (): void => {
    const span = drawn && spanOf(columns, drawn, data.bucketSeconds * 1_000)
    setDrawn(undefined)
    if (span) onZoom(new Date(span.from).toISOString(), new Date(span.to).toISOString())
  }
  return (
    <div className="stack">
      <svg
        className="histogram"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${total} runs between ${absoluteTime(Date.parse(data.from))} and ${absoluteTime(Date.parse(data.to))}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          setDrawn([columnAt(event), columnAt(event)])
        }}
        onPointerMove={(event) => drawn && setDrawn([drawn[0], columnAt(event)])}
        onPointerUp={zoom}
        onPointerCancel={() => setDrawn(undefined)}
      >
        {drawn ? (
          <rect
            className="chosen"
            x={Math.min(...drawn) * step}
            y={0}
            width={(Math.abs(drawn[1] - drawn[0]) + 1) * step}
            height={HEIGHT}
          />
        ) : null}
        {columns.map((column, n) => (
          <Column key={column.at} column={column} x={n * step} width={step} />
        ))}
      </svg>
      <div className="histogram-axis">
        <span>{absoluteTime(Date.parse(data.from))}</span>
        <span>{absoluteTime(Date.parse(data.to))}</span>
      </div>
      <Legend columns={columns} />
    </div>
  )
}

interface ColumnProps {
  readonly column: HistogramColumn
  readonly x: number
  readonly width: number
}

function Column({ column, x, width }: ColumnProps): ReactNode {
  const words = column.parts.map(({ count, word }) => `${count} ${word}`).join(', ')
  return (
    <g className="column">
      <title>{`${absoluteTime(column.at)}: ${words || 'no runs'}`}</title>
      <rect x={x} y={0} width={width} height={HEIGHT} fill="transparent" />
      {column.parts.map(({ word, tone, from, height }) => (
        <rect
          key={word}
          className={`solid-${tone}`}
          x={x + width * 0.1}
          width={width * 0.8}
          y={(1 - from - height) * HEIGHT}
          height={height * HEIGHT}
        />
      ))}
    </g>
  )
}

/** What the colours stand for, with numbers: for who does not see them too. */
function Legend({ columns }: { readonly columns: readonly HistogramColumn[] }): ReactNode {
  const sums = new Map<string, { tone: string; count: number }>()
  for (const { parts } of columns) {
    for (const { word, tone, count } of parts) sums.set(word, { tone, count: (sums.get(word)?.count ?? 0) + count })
  }
  if (sums.size === 0) return <p className="quiet-text">No runs in this time.</p>
  return (
    <ul className="histogram-legend">
      {[...sums].map(([word, { tone, count }]) => (
        <li key={word}>
          <span className={`dot solid-${tone}`} aria-hidden="true" /> {count} {word}
        </li>
      ))}
    </ul>
  )
}
