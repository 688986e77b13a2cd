import type { ReactNode } from 'react'

import { Icon, type IconName } from './icon.tsx'
import type { Tone } from './tone.ts'

interface BadgeProps {
  readonly tone: Tone
  readonly icon: IconName
  readonly word: string
  readonly title?: string | undefined
}

/** A state: colour, icon and word. */
export function Badge({ tone, icon, word, title }: BadgeProps): ReactNode {
  return (
    <span className={`badge tone-${tone}`} title={title}>
      <Icon name={icon} size={13} />
      {word}
    </span>
  )
}
