import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { visibleText } from '#text/visible-text.ts'
import { Badge } from '#ui/badge.tsx'
import { Button } from '#ui/button.tsx'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import { Section } from '#ui/page.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'
import { sayProblem } from '#ui/toasts.tsx'

import { messagesQuery, type Message } from './settings-queries.ts'

const COLUMNS: readonly Column<Message>[] = [
  { head: 'Made', cell: (message) => <Time at={message.createdAt} /> },
  { head: 'For', cell: (message) => visibleText(message.target.name) },
  { head: 'State', cell: (message) => <MessageBadge message={message} /> },
  { head: 'About', cell: (message) => about(message), wide: true },
  { head: 'Tries', cell: (message) => message.tries, align: 'end', wide: true },
  { head: 'Next try', cell: (message) => <Time at={message.nextTryAt} />, wide: true },
  { head: 'Actions', hideHead: true, align: 'end', cell: (message) => <SendAgain message={message} /> },
]

/** What was sent, what waits, and what was given up. */
export function NotificationMessages(): ReactNode {
  const query = useInfiniteQuery(messagesQuery)
  return (
    <Section title="Messages">
      <Listing
        label="Messages"
        query={query}
        columns={COLUMNS}
        keyOf={(message) => message.id}
        empty={<Empty title="No message yet" />}
      />
    </Section>
  )
}

function MessageBadge({ message }: { readonly message: Message }): ReactNode {
  const title = message.problem === null ? undefined : visibleText(message.problem)
  switch (message.state) {
    case 'sent':
      return <Badge tone="good" icon="check" word="sent" />
    case 'waiting':
      return <Badge tone="waiting" icon="clock" word="waiting" title={title} />
    case 'dead':
      return <Badge tone="bad" icon="cross" word="given up" title={title} />
  }
}

function about({ notices, more }: Message): string {
  const words = notices.map(({ event, count, task, client }) => {
    const what = task?.name ?? client?.name ?? ''
    return `${count} ${event}${what === '' ? '' : ` (${visibleText(what)})`}`
  })
  return `${words.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function SendAgain({ message }: { readonly message: Message }): ReactNode {
  const again = useCall('retryNotificationMessage')
  if (message.state !== 'dead') return null
  return (
    <Button
      look="quiet"
      busy={again.isPending}
      onClick={() => again.mutate({ params: { id: message.id } }, { onError: sayProblem })}
    >
      Send again
    </Button>
  )
}
