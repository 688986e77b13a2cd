import type { Answer } from '@octopus/api-client/request.ts'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { visibleText } from '#text/visible-text.ts'
import { Icon } from '#ui/icon.tsx'
import { Section } from '#ui/page.tsx'
import { Time } from '#ui/time.tsx'

import { needWords, type Need } from './needs.ts'

/** What somebody should look at, each a link to it; nothing where all is well. Waiting clients have a list of their own. */
export function NeedsYou({ stats }: { readonly stats: Answer<'getStats'> }): ReactNode {
  const needs = stats.needsYou.filter(({ kind }) => kind !== 'clients-pending' && kind !== 'work-stopped')
  if (needs.length === 0) return null
  return (
    <Section title="Look at this">
      <ul className="stack">
        {needs.map((need) => (
          <li key={need.kind} className="card need">
            <p>
              <Icon name="alert" /> <strong>{needWords(need)}</strong>
            </p>
            <ul className="need-items">
              {need.items.map((item) => (
                <li key={item.id}>
                  <NeedLink kind={need.kind} item={item} />{' '}
                  <span className="quiet-text">
                    <Time at={item.since} />
                  </span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </Section>
  )
}

interface NeedLinkProps {
  readonly kind: Need['kind']
  readonly item: Need['items'][number]
}

function NeedLink({ kind, item }: NeedLinkProps): ReactNode {
  const name = visibleText(item.name)
  if (kind === 'clients-vanished') {
    return (
      <Link to="/clients/$id" params={{ id: item.id }}>
        {name}
      </Link>
    )
  }
  if (kind === 'tasks-expired') {
    return (
      <Link to="/tasks/$id" params={{ id: item.id }}>
        {name}
      </Link>
    )
  }
  if (kind === 'plugins-failing') {
    return (
      <Link to="/plugins/$name" params={{ name: item.id }}>
        {name}
      </Link>
    )
  }
  return name
}
