import type { ReactNode } from 'react'

import { visibleText } from '#text/visible-text.ts'
import { Icon } from '#ui/icon.tsx'
import { JsonTree } from '#ui/json-tree.tsx'

import type { Execution } from './execution-queries.ts'

type Result = NonNullable<Execution['result']>

/** What came back: a value as a tree or text, or an error with its stack. */
export function ResultView({ result }: { readonly result: Result }): ReactNode {
  return (
    <div className="stack">
      {result.error ? <ErrorView error={result.error} /> : null}
      {result.value === undefined || (result.error && result.value === null) ? null : <Value result={result} />}
      {result.cut.value ? <p className="hint">The result was too large and was cut.</p> : null}
      {result.cut.output ? (
        <p className="hint">
          Not all of the output was kept: it was too large, or its client ended before it had sent the rest.
        </p>
      ) : null}
    </div>
  )
}

function Value({ result }: { readonly result: Result }): ReactNode {
  if (result.kind === 'text') {
    return (
      <>
        <p className="hint">The value was not JSON; this is its text.</p>
        <pre className="json">{visibleText(String(result.value))}</pre>
      </>
    )
  }
  return (
    <div className="json" role="group" aria-label="Result">
      <JsonTree value={result.value} />
    </div>
  )
}

function ErrorView({ error }: { readonly error: NonNullable<Result['error']> }): ReactNode {
  return (
    <div className="error-view" role="group" aria-label="Error">
      <p>
        <Icon name="cross" /> <strong>{visibleText(error.type)}</strong>: {visibleText(error.message)}
      </p>
      {error.stack === '' ? null : <pre className="json">{visibleText(error.stack)}</pre>}
    </div>
  )
}
