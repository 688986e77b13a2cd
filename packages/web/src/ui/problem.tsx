import type { ReactNode } from 'react'

import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What went wrong, inside a form or a dialog. Nothing when nothing did. */
export function ProblemText({ error }: { readonly error: unknown }): ReactNode {
  if (error === undefined || error === null) return null
  return (
    <p className="problem-text" role="alert">
      <Icon name="alert" /> {messageOf(error)}
    </p>
  )
}

/** What went wrong instead of what should be shown, and the way on. */
export function Problem({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => unknown }): ReactNode {
  return (
    <div className="problem" role="alert">
      <Icon name="alert" size={20} />
      <p>{messageOf(error)}</p>
      {onRetry ? <Button onClick={() => void onRetry()}>Retry</Button> : null}
    </div>
  )
}
