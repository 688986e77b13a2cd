import type { ReactNode } from 'react'

import { Icon } from '#ui/icon.tsx'
import { Section } from '#ui/page.tsx'

interface StepProps {
  readonly done: boolean
  readonly title: string
  readonly text: string
  readonly action: ReactNode
}

/** What an empty installation needs; each step ticks itself off when it is done. */
export function FirstSteps({ steps }: { readonly steps: readonly StepProps[] }): ReactNode {
  return (
    <Section title="First steps">
      <ol className="first-steps">
        {steps.map((step, index) => (
          <li key={step.title} className={`card first-step ${step.done ? 'done' : ''}`}>
            <span className="first-step-number">
              {step.done ? <Icon name="check" size={14} /> : index + 1}
              {step.done ? <span className="visually-hidden">Done:</span> : null}
            </span>
            <div className="stack">
              <div>
                <h3>{step.title}</h3>
                <p className="quiet-text">{step.text}</p>
              </div>
              {step.done ? null : <div>{step.action}</div>}
            </div>
          </li>
        ))}
      </ol>
    </Section>
  )
}
