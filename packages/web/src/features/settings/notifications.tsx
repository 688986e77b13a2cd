import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { visibleText } from '#text/visible-text.ts'
import { Badge } from '#ui/badge.tsx'
import { Button } from '#ui/button.tsx'
import { ConfirmButton } from '#ui/confirm.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import { Section } from '#ui/page.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'
import { say, sayProblem } from '#ui/toasts.tsx'

import { NotificationMessages } from './notification-messages.tsx'
import { targetsQuery, type Target } from './settings-queries.ts'
import { TargetForm } from './target-form.tsx'

/** Who is told when something goes wrong, and what became of the messages. */
export function Notifications(): ReactNode {
  const query = useInfiniteQuery(targetsQuery)
  const [edited, setEdited] = useState<Target | 'new'>()
  const add = (
    <Button icon="plus" onClick={() => setEdited('new')}>
      New target
    </Button>
  )
  return (
    <>
      <Section title="Who is told" aside={add}>
        <Listing
          label="Notification targets"
          query={query}
          columns={columnsOf(setEdited)}
          keyOf={(target) => target.id}
          empty={
            <Empty title="Nobody is told yet">
              <p>A webhook or e-mail address hears of failed, expired and lost work, and of clients that vanish.</p>
              {add}
            </Empty>
          }
        />
        <Dialog
          open={edited !== undefined}
          title={edited === 'new' ? 'New target' : `Edit ${visibleText(edited?.name ?? '')}`}
          onClose={() => setEdited(undefined)}
        >
          <TargetForm target={edited === 'new' ? undefined : edited} onDone={() => setEdited(undefined)} />
        </Dialog>
      </Section>
      <NotificationMessages />
    </>
  )
}

function columnsOf(edit: (target: Target) => void): readonly Column<Target>[] {
  return [
    { head: 'Name', cell: (target) => <strong>{visibleText(target.name)}</strong> },
    {
      head: 'Where',
      cell: (target) => visibleText(target.url ?? target.recipients.join(', ')),
      wide: true,
    },
    { head: 'State', cell: (target) => <TargetState target={target} /> },
    { head: 'Told of', cell: (target) => target.events.join(', '), wide: true },
    { head: 'Tasks', cell: (target) => (target.tasks === null ? 'all' : target.tasks.length), wide: true },
    { head: 'Last sent', cell: (target) => <Time at={target.lastSentAt} none="never" />, wide: true },
    { head: 'Actions', hideHead: true, align: 'end', cell: (target) => <TargetActions target={target} edit={edit} /> },
  ]
}

function TargetState({ target }: { readonly target: Target }): ReactNode {
  if (!target.enabled) return <Badge tone="muted" icon="pause" word="off" />
  if (target.problem !== null) {
    return <Badge tone="bad" icon="alert" word="failing" title={visibleText(target.problem)} />
  }
  return <Badge tone="good" icon="check" word="on" />
}

interface TargetActionsProps {
  readonly target: Target
  readonly edit: (target: Target) => void
}

function TargetActions({ target, edit }: TargetActionsProps): ReactNode {
  const test = useCall('testNotificationTarget')
  const remove = useCall('deleteNotificationTarget')
  const name = visibleText(target.name)
  const params = { id: target.id }
  const send = (): void =>
    test.mutate(
      { params },
      {
        onError: sayProblem,
        onSuccess: ({ delivered, problem, tookMs }) =>
          delivered ? say(`Delivered in ${tookMs} ms.`) : sayProblem(new Error(problem ?? 'It was not delivered.')),
      },
    )
  return (
    <span className="row">
      <Button look="quiet" busy={test.isPending} onClick={send}>
        Test
      </Button>
      <Button look="quiet" aria-label={`Edit ${name}`} onClick={() => edit(target)}>
        Edit
      </Button>
      <ConfirmButton
        label="Delete"
        look="quiet"
        title={`Delete ${name}?`}
        action={`Delete ${name}`}
        onConfirm={async () => {
          await remove.mutateAsync({ params })
          say(`${name} was deleted.`)
        }}
      >
        <p>It is told of nothing any more. Messages that wait for it go too.</p>
      </ConfirmButton>
    </span>
  )
}
