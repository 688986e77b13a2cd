import { useState, type ReactNode } from 'react'

import { visibleText } from '#text/visible-text.ts'
import { Select } from '#ui/select.tsx'
import { TextDifference } from '#ui/text-difference.tsx'

import type { ResultGroup } from './run-queries.ts'

/** Two variants side by side, line by line. */
export function CompareVariants({ groups }: { readonly groups: readonly ResultGroup[] }): ReactNode {
  const [left, setLeft] = useState(groups[0]?.digest ?? '')
  const [right, setRight] = useState(groups[1]?.digest ?? '')
  const choices = groups.map(({ digest, count }, index) => ({
    value: digest,
    label: `Variant ${index + 1} (${count})`,
  }))
  const text = (digest: string): string => sampleText(groups.find((group) => group.digest === digest))
  return (
    <div className="card stack">
      <div className="row">
        <Select label="Left" value={left} choices={choices} onChange={setLeft} />
        <Select label="Right" value={right} choices={choices} onChange={setRight} />
      </div>
      <TextDifference before={text(left)} after={text(right)} />
    </div>
  )
}

/** JSON is laid out in lines, so that only what differs stands out. */
function sampleText(group: ResultGroup | undefined): string {
  if (!group) return ''
  const { preview, error, reason } = group.sample
  if (error) return visibleText(`${error.type}: ${error.message}`)
  if (preview === null) return reason ?? ''
  try {
    return visibleText(JSON.stringify(JSON.parse(preview), undefined, 2))
  } catch {
    return visibleText(preview)
  }
}
