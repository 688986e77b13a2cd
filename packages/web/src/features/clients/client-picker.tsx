import { useQuery } from '@tanstack/react-query'
import { useId, useState, type KeyboardEvent, type ReactNode } from 'react'

import { ClientBadge } from '#domain/badges.tsx'
import { visibleText } from '#text/visible-text.ts'
import { Field } from '#ui/field.tsx'
import { ProblemText } from '#ui/problem.tsx'
import { useDebounced } from '#ui/use-debounced.ts'

import { clientChoicesQuery, type Client } from './client-queries.ts'

/** The server takes no more. */
const NAME_CHARACTERS_MAX = 255
const STILL_MS = 150

/** One client of perhaps very many, found by the beginning of its name. Names may be alike: user and state tell them apart. */
export function ClientPicker({ onPick }: { readonly onPick: (client: Client) => void }): ReactNode {
  const list = useId()
  const [text, setText] = useState('')
  const [isOpen, setOpen] = useState(false)
  const [at, setAt] = useState(0)
  const name = useDebounced(text.trim(), STILL_MS)
  const { data, error, isPlaceholderData } = useQuery({ ...clientChoicesQuery(name), enabled: isOpen })
  const isFresh = name === text.trim() && !isPlaceholderData
  // Who types fast and presses Enter must not get the first of those found for what was typed before.
  const choices = isOpen ? (data?.items ?? []).filter((client) => isFresh || beginsWith(client, text.trim())) : []
  const chosen = Math.min(at, choices.length - 1)
  const show = (): void => {
    setOpen(true)
    setAt(0)
  }
  const pick = (client: Client | undefined): void => {
    if (!client) return
    setText(visibleText(client.name))
    setOpen(false)
    onPick(client)
  }
  const press = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 }
    const step = steps[event.key]
    if (step !== undefined) {
      event.preventDefault()
      if (isOpen) setAt(Math.max(0, Math.min(choices.length - 1, chosen + step)))
      else show()
    } else if (event.key === 'Enter') {
      event.preventDefault()
      pick(choices[chosen])
    } else if (event.key === 'Escape') {
      setOpen(false)
    }
  }
  return (
    <div className="search">
      <Field label="Client">
        {(control) => (
          <input
            {...control}
            type="search"
            role="combobox"
            aria-autocomplete="list"
            aria-expanded={choices.length > 0}
            aria-controls={list}
            aria-activedescendant={choices[chosen] ? `${list}-${chosen}` : undefined}
            placeholder="Name begins with"
            autoComplete="off"
            spellCheck={false}
            maxLength={NAME_CHARACTERS_MAX}
            value={text}
            onFocus={({ target }) => {
              target.select()
              show()
            }}
            onBlur={() => setOpen(false)}
            onKeyDown={press}
            onChange={(event) => {
              setText(event.target.value)
              show()
            }}
          />
        )}
      </Field>
      {choices.length === 0 ? null : (
        <div id={list} role="listbox" aria-label="Clients found" className="search-hits">
          {choices.map((client, n) => (
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the input above takes the keys
            <div
              key={client.id}
              id={`${list}-${n}`}
              role="option"
              tabIndex={-1}
              aria-selected={n === chosen}
              // The field keeps the focus, or it would close the list before the click comes.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => pick(client)}
              onPointerMove={() => setAt(n)}
            >
              <span className="search-name">{visibleText(client.name)}</span>
              <span className="quiet-text">{client.user ?? 'nobody'}</span>
              <ClientBadge client={client} />
            </div>
          ))}
        </div>
      )}
      <Found isOpen={isOpen} name={name} answer={isFresh ? data : undefined} />
      {isOpen ? <ProblemText error={error} /> : null}
    </div>
  )
}

function beginsWith({ name }: Client, text: string): boolean {
  return name.toLowerCase().startsWith(text.toLowerCase())
}

interface FoundProps {
  readonly isOpen: boolean
  readonly name: string
  readonly answer: { readonly items: readonly Client[]; readonly nextCursor: string | null } | undefined
}

/** What the list itself does not say. */
function Found({ isOpen, name, answer }: FoundProps): ReactNode {
  if (!isOpen || !answer) return null
  if (answer.nextCursor !== null) return <p className="hint">There are more. Type more to narrow it down.</p>
  if (answer.items.length > 0) return null
  return (
    <p className="quiet-text" role="status">
      {name === '' ? 'There is no client yet.' : 'No client’s name begins with that.'}
    </p>
  )
}
