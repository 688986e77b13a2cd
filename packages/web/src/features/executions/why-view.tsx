import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { clockTime, duration } from '#text/relative-time.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { Section } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'
import { Time } from '#ui/time.tsx'

import { type Why as WhyAnswer, whyQuery } from './execution-queries.ts'

/** Why an execution is where it is; asked for only when somebody wants to know. */
export function Why({ id }: { readonly id: string }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <Section
      title="Why?"
      aside={
        <Button look="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Close' : 'Explain'}
        </Button>
      }
    >
      {isOpen ? <Chain id={id} /> : null}
    </Section>
  )
}

function Chain({ id }: { readonly id: string }): ReactNode {
  const { data: why, error, refetch } = useQuery(whyQuery(id))
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
