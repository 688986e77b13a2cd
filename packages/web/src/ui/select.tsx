import type { ReactNode } from 'react'

import type { ControlProps } from './field.tsx'

export interface Choice<T extends string> {
  readonly value: T
  readonly label: string
}

interface SelectProps<T extends string> extends Partial<ControlProps> {
  readonly value: T
  readonly choices: readonly Choice<T>[]
  readonly onChange: (value: T) => void
  readonly label?: string
  readonly disabled?: boolean
}

/** The native select: it works with keyboard, screen reader and thumb. */
export function Select<T extends string>({ value, choices, onChange, label, ...control }: SelectProps<T>): ReactNode {
  return (
    <select {...control} aria-label={label} value={value} onChange={(event) => onChange(event.target.value as T)}>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  )
}
