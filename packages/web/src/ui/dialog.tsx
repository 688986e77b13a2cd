import { useLayoutEffect, useId, useRef, type ReactNode } from 'react'

interface DialogProps {
  readonly open: boolean
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A modal dialog on the native element: focus stays inside, Escape closes it, focus goes back where it was. */
export function Dialog({ open, ...shown }: DialogProps): ReactNode {
  return open ? <OpenDialog {...shown} /> : null
}

function OpenDialog({ title, onClose, children }: Omit<DialogProps, 'open'>): ReactNode {
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  // A layout effect of the dialog itself is undone while it is still in the document: only then the focus goes back.
  useLayoutEffect(() => {
    const dialog = element.current
    if (!dialog) return
    dialog.showModal()
    return () => dialog.close()
  }, [])
  return (
    <dialog ref={element} aria-labelledby={titleId} onCancel={onClose} className="dialog">
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}
