import { useState, type ReactNode } from 'react'

import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import type { IconName } from './icon.tsx'
import { ProblemText } from './problem.tsx'

interface ConfirmProps {
  /** The button that asks, e.g. "Cancel run". */
  readonly label: string
  readonly title: string
  /** What will happen, with names and numbers. */
  readonly children: ReactNode
  /** The button that does it; a verb, never "OK". */
  readonly action: string
  readonly onConfirm: () => Promise<unknown>
  readonly icon?: IconName
  readonly look?: 'plain' | 'danger' | 'quiet'
  readonly disabled?: boolean
}

/** A button whose deed is named in a dialog before it is done. A refusal is shown there, and nothing is lost. */
export function ConfirmButton(props: ConfirmProps): ReactNode {
  const [open, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const close = (): void => {
    setOpen(false)
    setError(undefined)
  }
  const confirm = async (): Promise<void> => {
    setBusy(true)
    try {
      await props.onConfirm()
      close()
    } catch (refused) {
      setError(refused)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Button
        look={props.look ?? 'plain'}
        disabled={props.disabled ?? false}
        onClick={() => setOpen(true)}
        {...(props.icon ? { icon: props.icon } : {})}
      >
        {props.label}
      </Button>
      <Dialog open={open} title={props.title} onClose={close}>
        <div className="stack">{props.children}</div>
        <ProblemText error={error} />
        <div className="dialog-actions">
          <Button onClick={close}>Keep as it is</Button>
          <Button look={props.look === 'danger' ? 'danger' : 'primary'} busy={busy} onClick={() => void confirm()}>
            {props.action}
          </Button>
        </div>
      </Dialog>
    </>
  )
}
