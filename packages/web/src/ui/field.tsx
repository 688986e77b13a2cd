import { useId, type ReactNode } from 'react'

/** What a control needs to be tied to its label, hint and problem. */
export interface ControlProps {
  readonly id: string
  readonly 'aria-describedby'?: string
  readonly 'aria-invalid'?: true
}

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly problem?: string | undefined
  readonly optional?: boolean
  readonly children: (control: ControlProps) => ReactNode
}

/** A labelled control with its hint and, in place, what is wrong with it. */
export function Field({ label, hint, problem, optional = false, children }: FieldProps): ReactNode {
  const id = useId()
  const about = [hint ? `${id}-hint` : '', problem ? `${id}-problem` : ''].filter(Boolean).join(' ')
  const described = about === '' ? {} : { 'aria-describedby': about }
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {optional ? <span className="optional"> optional</span> : null}
      </label>
      {children({ id, ...described, ...(problem ? { 'aria-invalid': true as const } : {}) })}
      {hint ? (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {problem ? (
        <p className="field-problem" id={`${id}-problem`}>
          {problem}
        </p>
      ) : null}
    </div>
  )
}
