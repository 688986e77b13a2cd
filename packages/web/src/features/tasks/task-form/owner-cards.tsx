import { useId, type ReactNode } from 'react'

import { countOf } from '#domain/counts.ts'
import type { NewTask, Reach } from '#features/tasks/task-queries.ts'
import { Badge } from '#ui/badge.tsx'
import { Field } from '#ui/field.tsx'

import type { PartProps } from './part-props.ts'

type Owner = NewTask['owner']

const CARDS: readonly { readonly owner: Owner; readonly title: string; readonly text: string }[] = [
  { owner: 'all', title: 'All', text: 'Every client that is connected does it.' },
  { owner: 'anyone', title: 'Anyone', text: 'One client, picked at random, does it.' },
  { owner: 'user', title: 'Specific user', text: "The user's own PC does it." },
]

/** Who does it, with whom that reaches at this moment. */
export function OwnerCards({
  draft,
  change,
  problems,
  reach,
}: PartProps & { readonly reach: Reach | undefined }): ReactNode {
  const name = useId()
  const listId = useId()
  return (
    <div className="stack">
      <fieldset className="owner-cards">
        <legend className="visually-hidden">Owner</legend>
        {CARDS.map((card) => (
          // oxlint-disable-next-line jsx-a11y/label-has-associated-control -- its text is the card's title
          <label key={card.owner} className="owner-card">
            <input
              type="radio"
              name={name}
              value={card.owner}
              checked={draft.owner === card.owner}
              onChange={() => change({ owner: card.owner })}
            />
            <span>
              <strong>{card.title}</strong>
              <span className="owner-text">{card.text}</span>
              <span className="owner-reach">{reach ? reachText(card.owner, draft.user, reach) : '\u00a0'}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {draft.owner === 'user' ? (
        <div className="user-field">
          <Field label="User" problem={problems['user']}>
            {(control) => (
              <input
                {...control}
                list={listId}
                autoCapitalize="none"
                autoComplete="off"
                spellCheck={false}
                value={draft.user}
                onChange={(event) => change({ user: event.target.value })}
              />
            )}
          </Field>
          <datalist id={listId}>
            {reach?.users.map(({ user, online }) => (
              <option key={user} value={user}>
                {online ? 'online' : 'offline'}
              </option>
            ))}
          </datalist>
          <UserPresence user={draft.user} reach={reach} />
        </div>
      ) : null}
    </div>
  )
}

function reachText(owner: Owner, user: string, reach: Reach): string {
  if (owner === 'all') return `reaches ${countOf(reach.all, 'client')} now`
  if (owner === 'anyone') return `one of ${countOf(reach.anyone, 'client')} now`
  const online = reach.users.filter((one) => one.online).length
  return user === '' ? `${online} of ${countOf(reach.users.length, 'user')} online now` : user
}

function UserPresence({ user, reach }: { readonly user: string; readonly reach: Reach | undefined }): ReactNode {
  if (user === '' || !reach) return null
  const known = reach.users.find((one) => one.user === user)
  if (!known || known.clients.length === 0) {
    return <Badge tone="warning" icon="question" word="No client of this user yet: it waits until one comes" />
  }
  return known.online ? (
    <Badge tone="good" icon="check" word="Online now" />
  ) : (
    <Badge tone="waiting" icon="clock" word="Waits for their PC" />
  )
}
