import type { ReactNode } from 'react'

import { jsonKind, jsonMembers, jsonSummary } from '#text/json.ts'
import { visibleText } from '#text/visible-text.ts'

/** Deeper levels are folded at first: most results are read at their top. */
const OPEN_DEPTH = 2
/** More members of one node than this are cut: a page must stay quick whatever a plugin returns. */
const MEMBERS_MAX = 500

interface NodeProps {
  readonly name?: string | undefined
  readonly value: unknown
  readonly depth?: number
}

/** Any JSON as a tree that folds; strings are shown as text, with what is invisible made visible. */
export function JsonTree({ name, value, depth = 0 }: NodeProps): ReactNode {
  const kind = jsonKind(value)
  const members = jsonMembers(value)
  const label = name === undefined ? null : <span className="json-name">{visibleText(name)}: </span>
  if ((kind !== 'list' && kind !== 'object') || members.length === 0) {
    return (
      <div className="json-leaf">
        {label}
        <span className={`json-${kind}`}>{leafText(value)}</span>
      </div>
    )
  }
  return (
    <details className="json-node" open={depth < OPEN_DEPTH}>
      <summary>
        {label}
        <span className="quiet-text">{jsonSummary(value)}</span>
      </summary>
      {members.slice(0, MEMBERS_MAX).map(([key, member]) => (
        <JsonTree key={key} name={key} value={member} depth={depth + 1} />
      ))}
      {members.length > MEMBERS_MAX ? <div className="json-leaf">… {members.length - MEMBERS_MAX} more</div> : null}
    </details>
  )
}

function leafText(value: unknown): string {
  return visibleText(typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? 'null'))
}
