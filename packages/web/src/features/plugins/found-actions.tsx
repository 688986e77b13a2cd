import type { ReactNode } from 'react'

import { jsonLine } from '#text/json.ts'
import { visibleText } from '#text/visible-text.ts'
import { Icon } from '#ui/icon.tsx'

import type { Checked } from './plugin-queries.ts'

type Parameter = Checked['actions'][number]['parameters'][number]

/** What the server found in the source: actions with their parameters, or what is wrong with it. */
export function FoundActions({ checked }: { readonly checked: Checked }): ReactNode {
  return (
    <div className="stack">
      {checked.problems.map((problem) => (
        <p key={`${problem.line}:${problem.column}:${problem.message}`} className="problem-text" role="alert">
          <Icon name="alert" /> Line {problem.line}: {visibleText(problem.message)}
        </p>
      ))}
      {checked.actions.length === 0 && checked.problems.length === 0 ? (
        <p className="quiet-text">No action found yet. Define a function named &quot;run&quot;.</p>
      ) : null}
      <ul className="stack" aria-label="Actions found">
        {checked.actions.map((action) => (
          <li key={action.name}>
            <code className="action-name">
              {action.async ? 'async ' : ''}
              <strong>{visibleText(action.name)}</strong>({action.parameters.map(parameterText).join(', ')})
            </code>
            {action.doc === '' ? null : <p className="hint doc">{visibleText(action.doc)}</p>}
          </li>
        ))}
      </ul>
    </div>
  )
}

const TEXT_MAX = 40

function parameterText(parameter: Parameter): string {
  const stars = parameter.kind === 'rest' ? '*' : parameter.kind === 'named-rest' ? '**' : ''
  const type = parameter.type === 'unknown' ? '' : `: ${parameter.type}`
  const byDefault = parameter.hasDefault ? ` = ${jsonLine(parameter.default, TEXT_MAX)}` : ''
  const optional = !parameter.required && !parameter.hasDefault && stars === '' ? '?' : ''
  return `${stars}${visibleText(parameter.name)}${optional}${type}${byDefault}`
}
