import { useState, type ReactNode } from 'react'

import { Button } from './button.tsx'

/** How long the button says that it worked. */
const TOLD_MS = 2_000

/** A line to copy. Where the clipboard is forbidden (plain HTTP), the text is selected instead. */
export function CopyText({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
      setTimeout(() => setCopied(false), TOLD_MS)
    } catch {
      document.querySelector<HTMLElement>('.copy-text code')?.focus()
    }
  }
  return (
    <div className="copy-text">
      <code aria-label={label} data-testid="copy-text" className="select-all">
        {text}
      </code>
      <Button icon={copied ? 'check' : 'copy'} onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  )
}
