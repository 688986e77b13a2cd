import type { Answer } from '@octopus/api-client/request.ts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'

import { call } from '#api/call.ts'
import { useMay } from '#domain/me.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { ProblemText } from '#ui/problem.tsx'
import { useDebounced } from '#ui/use-debounced.ts'

type Hit = Answer<'search'>['items'][number]

interface Choice {
  readonly key: string
  readonly kind: string
  readonly name: string
  readonly detail: string
  readonly path: string
}

const STILL_MS = 150

/** Opens by Ctrl/⌘ K from every page. */
export function SearchButton(): ReactNode {
  const [open, setOpen] = useState(false)
  useEffect(() => {
    const hear = (event: globalThis.KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      event.preventDefault()
      setOpen(true)
    }
    window.addEventListener('keydown', hear)
    return () => window.removeEventListener('keydown', hear)
  }, [])
  return (
    <>
      <Button look="quiet" icon="search" aria-keyshortcuts="Control+K Meta+K" onClick={() => setOpen(true)}>
        <span className="search-word">Search</span>
      </Button>
      <Dialog open={open} title="Go to" onClose={() => setOpen(false)}>
        <SearchPanel onClose={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function SearchPanel({ onClose }: { readonly onClose: () => void }): ReactNode {
  const router = useRouter()
  const list = useId()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  const operator = useMay('operator')
  const q = useDebounced(text.trim(), STILL_MS)
  const { data, error } = useQuery({
    queryKey: ['search', q],
    queryFn: ({ signal }) => call('search', { query: { q } }, signal),
    enabled: q !== '',
    placeholderData: keepPreviousData,
    retry: false,
  })
  useEffect(() => input.current?.focus(), [])
  const choices = [...actionsFor(text.trim(), operator), ...(q === '' ? [] : (data?.items ?? []).map(choiceOf))]
  const chosen = Math.min(at, choices.length - 1)
  const go = (choice: Choice | undefined): void => {
    if (!choice) return
    onClose()
    router.history.push(router.basepath + choice.path)
  }
  const press = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }
    const step = steps[event.key]
    if (step !== undefined) {
      event.preventDefault()
      setAt(Math.max(0, Math.min(choices.length - 1, chosen + step)))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      go(choices[chosen])
    }
  }
  return (
    <div className="search">
      <input
        ref={input}
        type="search"
        role="combobox"
        aria-label="Search for a client, task, plugin, user or id"
        aria-expanded={choices.length > 0}
        aria-controls={list}
        aria-activedescendant={choices[chosen] ? `${list}-${chosen}` : undefined}
        placeholder="Client, task, plugin, user or id"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onKeyDown={press}
        onChange={(event) => {
          setText(event.target.value)
          setAt(0)
        }}
      />
      <div id={list} role="listbox" aria-label="Found" className="search-hits">
        {choices.map((choice, n) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the input above takes the keys
          <div
            key={choice.key}
            id={`${list}-${n}`}
            role="option"
            tabIndex={-1}
            aria-selected={n === chosen}
            onClick={() => go(choice)}
            onPointerMove={() => setAt(n)}
          >
            <span className="search-kind">{choice.kind}</span>
            <span className="search-name">{visibleText(choice.name)}</span>
            <span className="quiet-text">{visibleText(choice.detail)}</span>
          </div>
        ))}
      </div>
      {q !== '' && data && choices.length === 0 ? <p className="quiet-text">Nothing is called that.</p> : null}
      {data && q !== '' && data.more.length > 0 ? (
        <p className="hint">There are more of: {data.more.join(', ')}. Type more to narrow it down.</p>
      ) : null}
      <ProblemText error={error} />
    </div>
  )
}

const ACTIONS = [
  { name: 'Overview', path: '/' },
  { name: 'Tasks', path: '/tasks' },
  { name: 'New task', path: '/new-task', operator: true },
  { name: 'Runs', path: '/runs' },
  { name: 'Executions', path: '/executions' },
  { name: 'Clients', path: '/clients' },
  { name: 'Plugins', path: '/plugins' },
  { name: 'Settings', path: '/settings' },
] as const

function actionsFor(text: string, operator: boolean): readonly Choice[] {
  return ACTIONS.filter((one) => operator || !('operator' in one))
    .filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
    .map(({ name, path }) => ({ key: `page ${path}`, kind: 'page', name, detail: '', path }))
}

function choiceOf({ kind, id, name, detail }: Hit): Choice {
  return { key: `${kind} ${id}`, kind, name, detail, path: pathOf(kind, encodeURIComponent(id)) }
}

function pathOf(kind: Hit['kind'], id: string): string {
  switch (kind) {
    case 'user':
      return '/settings?show=users'
    case 'task':
    case 'plugin':
    case 'client':
    case 'run':
    case 'execution':
      return `/${kind}s/${id}`
  }
}
