import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { clockTime, duration } from '#text/relative-time.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { Section } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'
import { Time } from '#ui/time.tsx'

import { whyClientQuery, whyQuery, type Why as WhyAnswer } from './execution-queries.ts'

/** Why an execution is where it is. */
export function Why({ id }: { readonly id: string }): ReactNode {
  return (
    <Explained title="Why?">
      <OfExecution id={id} />
    </Explained>
  )
}

interface WhyNotProps {
  readonly task: string
  /** Has one client chosen of all there are. */
  readonly renderPicker: (pick: (client: { readonly id: string }) => void) => ReactNode
}

/** Why a client has not done a task, or what has become of it there: of its newest run. */
export function WhyNot({ task, renderPicker }: WhyNotProps): ReactNode {
  const [client, setClient] = useState<string>()
  return (
    <Explained title="Why not on this PC?">
      <div className="stack">
        {renderPicker(({ id }) => setClient(id))}
        {client === undefined ? (
          <p className="hint">
            Choose a client: what its part in the newest run of this task is, and why, is said here.
          </p>
        ) : (
          <OfClient task={task} client={client} />
        )}
      </div>
    </Explained>
  )
}

/** Asked for only when somebody wants to know. */
function Explained({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <Section
      title={title}
      aside={
        <Button look="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Close' : 'Explain'}
        </Button>
      }
    >
      {isOpen ? children : null}
    </Section>
  )
}

function OfExecution({ id }: { readonly id: string }): ReactNode {
  return <Chain query={useQuery(whyQuery(id))} />
}

function OfClient({ task, client }: { readonly task: string; readonly client: string }): ReactNode {
  return <Chain query={useQuery(whyClientQuery(task, client))} />
}

function Chain({ query }: { readonly query: UseQueryResult<WhyAnswer> }): ReactNode {
  const { data: why, error, refetch } = query
  if (!why) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={5} />
  return (
    <div className="card">
      <p className="why-summary">{visibleText(why.summary)}</p>
      <ol className="timeline why" aria-label="Chain of facts">
        {why.steps.map((step, index) => (
          // Two facts may be alike; their places are what tells them apart.
          // oxlint-disable-next-line react/no-array-index-key
          <WhyStep key={`${index}-${step.code}`} step={step} />
        ))}
      </ol>
      {why.clockSkewMs === null ? null : <p className="hint">{skewWords(why.clockSkewMs, why.clockSkewFrom)}</p>}
    </div>
  )
}

function skewWords(ms: number, from: WhyAnswer['clockSkewFrom']): string {
  const much = `${duration(Math.abs(ms))} ${ms < 0 ? 'behind' : 'ahead of'} the server’s`
  return from === 'heartbeat'
    ? `The client’s clock was ${much} when its last heartbeat came, give or take its time on the way.`
    : `The client’s clock is at least ${much}.`
}

function WhyStep({ step }: { readonly step: WhyAnswer['steps'][number] }): ReactNode {
  const { at, clock, state, text } = step
  return (
    <li className={`why-${state}`}>
      <span>{visibleText(text)}</span>
      <span className="quiet-text time">
        {at === null ? null : state === 'next' ? <Time at={at} /> : clockTime(Date.parse(at))}
      </span>
      {at !== null && clock === 'client' ? <span className="timeline-after">by the client’s clock</span> : null}
    </li>
  )
}
