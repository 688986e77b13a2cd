import type { ReactNode } from 'react'

import { Badge } from '#ui/badge.tsx'

import { blocksOf } from './blocks.ts'
import { headline, number } from './counts.ts'
import { EXECUTION_LOOKS, executionLook, STATE_ORDER, type Counts, type ExecutionState } from './states.ts'

const MOVING = new Set<ExecutionState>(['running', 'assigned'])

/** The classes of a block in its state's colour. */
export function blockClass(state: ExecutionState): string {
  return `block tone-${executionLook(state, false).tone} ${MOVING.has(state) ? 'moving' : ''}`
}

/** A run at a glance: one block per execution, or per group of them. */
export function Strip({ counts, blocksMax = 60 }: { readonly counts: Counts; readonly blocksMax?: number }): ReactNode {
  return (
    <div className="blocks small" role="img" aria-label={headline(counts)} title={headline(counts)}>
      {blocksOf(counts, blocksMax).map((block) => (
        <div key={block.key} className={blockClass(block.state)} />
      ))}
    </div>
  )
}

/** What the colours of a strip stand for, with the numbers. */
export function Legend({ counts }: { readonly counts: Counts }): ReactNode {
  return (
    <ul className="legend">
      {STATE_ORDER.filter((state) => counts[state] > 0).map((state) => (
        <li key={state}>
          <Badge {...EXECUTION_LOOKS[state]} word={`${number(counts[state])} ${EXECUTION_LOOKS[state].word}`} />
        </li>
      ))}
    </ul>
  )
}
