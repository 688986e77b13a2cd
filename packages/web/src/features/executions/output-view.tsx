import { memo, useDeferredValue, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'

import { ansiSpans, withoutAnsi } from '#text/ansi.ts'
import { absoluteTime, clockTime } from '#text/relative-time.ts'
import { Empty } from '#ui/empty.tsx'
import { Icon } from '#ui/icon.tsx'
import { Section } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

import { allLines, LINES_MAX, type Line } from './output-lines.ts'
import { useOutput } from './use-output.ts'

/** This near the end counts as at the end. */
const END_PIXELS = 24

interface OutputProps {
  readonly id: string
  /** The one the execution is at. */
  readonly attempt: number
  readonly final: boolean
}

/** What the plugin prints, live: follows the end until somebody scrolls up. */
export function Output({ id, attempt, final }: OutputProps): ReactNode {
  const { data, error, refetch } = useOutput(id)
  const [search, setSearch] = useState('')
  const [wrap, setWrap] = useState(true)
  const wanted = useDeferredValue(search).toLowerCase()
  const lines = useMemo(() => {
    const all = data ? allLines(data) : []
    return wanted === '' ? all : all.filter((line) => withoutAnsi(line.text).toLowerCase().includes(wanted))
  }, [data, wanted])
  const tools = (
    <div className="output-tools">
      <input
        type="search"
        aria-label="Search in the output"
        placeholder="Search"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      <label className="check">
        <input type="checkbox" checked={wrap} onChange={(event) => setWrap(event.target.checked)} />
        Wrap
      </label>
      <a className="button" href={`/api/v1/executions/${encodeURIComponent(id)}/output?raw=1`} download>
        <Icon name="download" /> Download
      </a>
    </div>
  )
  return (
    <Section title="Output" aside={tools}>
      {error && !data ? <Problem error={error} onRetry={refetch} /> : null}
      {!data && !error ? <Skeleton lines={4} label="Loading output" /> : null}
      {data && data.attempt !== null && data.attempt < attempt ? (
        <p className="hint">
          Attempt {attempt} has printed nothing{final ? '' : ' yet'}. This is the output of attempt {data.attempt}.
        </p>
      ) : null}
      {data ? <Lines lines={lines} wrap={wrap} searching={wanted !== ''} final={final} /> : null}
    </Section>
  )
}

interface LinesProps {
  readonly lines: readonly Line[]
  readonly wrap: boolean
  readonly searching: boolean
  readonly final: boolean
}

function Lines({ lines, wrap, searching, final }: LinesProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const [following, setFollowing] = useState(true)
  useEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [lines, following])
  if (lines.length === 0) {
    return <Empty title={searching ? 'No line has this text' : final ? 'It printed nothing' : 'Nothing printed yet'} />
  }
  const scrolled = ({ currentTarget: at }: { currentTarget: HTMLElement }): void =>
    setFollowing(at.scrollHeight - at.scrollTop - at.clientHeight < END_PIXELS)
  return (
    <div className="output-frame">
      <div
        ref={box}
        className={`output ${wrap ? 'wrap' : ''}`}
        role="log"
        aria-label="Output"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={scrolled}
      >
        {lines.length >= LINES_MAX ? <p className="hint">Older lines are in the download.</p> : null}
        {lines.map((line) => (
          <OutputLine key={line.key} line={line} />
        ))}
      </div>
      {following ? null : (
        <button type="button" className="button output-follow" onClick={() => setFollowing(true)}>
          Follow the end
        </button>
      )}
    </div>
  )
}

const OutputLine = memo(function OutputLine({ line }: { readonly line: Line }): ReactNode {
  let offset = 0
  return (
    <div className={`output-line ${line.stream}`}>
      <span className="output-at" title={`${line.stream}, ${absoluteTime(Date.parse(line.at))}`}>
        {clockTime(Date.parse(line.at))}
      </span>
      <span className="output-text">
        {ansiSpans(line.text).map((span) => {
          offset += span.text.length
          const style = `${span.colour ? `ansi-${span.colour}` : ''} ${span.bold ? 'ansi-bold' : ''}`
          return (
            <span key={offset} className={style}>
              {span.text}
            </span>
          )
        })}
      </span>
    </div>
  )
})
