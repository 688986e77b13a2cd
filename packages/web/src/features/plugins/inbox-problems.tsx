import type { ReactNode } from 'react'

import { visibleText } from '#text/visible-text.ts'
import { Icon } from '#ui/icon.tsx'
import { Section } from '#ui/page.tsx'
import { Time } from '#ui/time.tsx'

import type { InboxProblem } from './plugin-queries.ts'

/** What keeps files in the server's folder from being published, also where there is no plugin yet that could tell it. */
export function InboxProblems({ problems }: { readonly problems: readonly InboxProblem[] }): ReactNode {
  if (problems.length === 0) return null
  // Two files of one name have one problem, which names both.
  const told = [...new Map(problems.map((one) => [one.problem, one])).values()]
  return (
    <Section title="Not taken from the plugins folder">
      {told.map(({ file, problem, since }) => (
        <p key={file} className="notice tone-bad" role="alert">
          <Icon name="alert" /> {visibleText(problem)}{' '}
          <span className="quiet-text">
            <Time at={since} />
          </span>
        </p>
      ))}
    </Section>
  )
}
