import { useSyncExternalStore, type ReactNode } from 'react'

import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

interface Toast {
  readonly id: number
  readonly text: string
  readonly bad: boolean
}

/** Good news goes by itself; bad news stays until it is closed. */
const GOOD_MS = 5_000

let toasts: readonly Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

function set(next: readonly Toast[]): void {
  toasts = next
  for (const tell of listeners) tell()
}

/** Says in a corner that something was done. */
export function say(text: string): void {
  show(text, false)
}

/** Says in a corner that something went wrong. */
export function sayProblem(error: unknown): void {
  show(error instanceof Error ? error.message : String(error), true)
}

function show(text: string, bad: boolean): void {
  lastId += 1
  const id = lastId
  set([...toasts.slice(-3), { id, text, bad }])
  if (!bad) setTimeout(() => close(id), GOOD_MS)
}

function close(id: number): void {
  set(toasts.filter((toast) => toast.id !== id))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Where the news appear; screen readers are told. */
export function Toasts(): ReactNode {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className={`toast ${toast.bad ? 'tone-bad' : 'tone-good'}`}>
          <Icon name={toast.bad ? 'alert' : 'check'} />
          <span>{toast.text}</span>
          <Button look="quiet" aria-label="Close" icon="cross" onClick={() => close(toast.id)} />
        </div>
      ))}
    </div>
  )
}
