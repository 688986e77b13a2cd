import type { ReactNode } from 'react'

import { differenceOf, type DifferenceLine } from '#text/difference.ts'

const SIGNS = { same: ' ', removed: '−', added: '+' } as const
/** Around a change so many equal lines are shown; the others are folded into one. */
const NEAR = 3

/** Two texts over each other: what went, what came, and the lines around it. */
export function TextDifference({ before, after }: { readonly before: string; readonly after: string }): ReactNode {
  const lines = differenceOf(before, after)
  if (lines.every(({ kind }) => kind === 'same')) return <p className="quiet-text">They are the same.</p>
  return (
    <table className="difference" aria-label="Difference">
      <tbody>
        {folded(lines).map((line) =>
          'hidden' in line ? (
            <tr key={line.key} className="folded">
              <td colSpan={4}>{line.hidden} equal lines</td>
            </tr>
          ) : (
            <tr key={`${line.before}/${line.after}`} className={line.kind}>
              <td className="number">{line.before}</td>
              <td className="number">{line.after}</td>
              <td className="sign">{SIGNS[line.kind]}</td>
              <td className="text">{line.text}</td>
            </tr>
          ),
        )}
      </tbody>
    </table>
  )
}

type Folded = DifferenceLine | { readonly hidden: number; readonly key: string }

function folded(lines: readonly DifferenceLine[]): readonly Folded[] {
  const isNear = new Uint8Array(lines.length)
  lines.forEach(({ kind }, n) => {
    if (kind !== 'same') isNear.fill(1, Math.max(0, n - NEAR), n + NEAR + 1)
  })
  const shown: Folded[] = []
  let hidden = 0
  lines.forEach((line, n) => {
    if (isNear[n] === 0) return void hidden++
    if (hidden > 0) shown.push({ hidden, key: `folded ${n}` })
    hidden = 0
    shown.push(line)
  })
  if (hidden > 0) shown.push({ hidden, key: 'folded at the end' })
  return shown
}
