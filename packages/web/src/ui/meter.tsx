import type { ReactNode } from 'react'

interface MeterProps {
  readonly value: number
  readonly of: number
  /** The whole sentence: "38 of 40 clients have it". */
  readonly text: string
}

/** A share as a bar with its words. */
export function Meter({ value, of, text }: MeterProps): ReactNode {
  const percent = of === 0 ? 0 : Math.round((value / of) * 100)
  return (
    <div className="meter">
      <div className={`meter-track ${of > 0 && value >= of ? 'full' : ''}`} aria-hidden="true">
        <div className="meter-value" style={{ inlineSize: `${percent}%` }} />
      </div>
      <span className="meter-text">{text}</span>
    </div>
  )
}
