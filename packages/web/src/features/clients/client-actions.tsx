import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { ConfirmButton } from '#ui/confirm.tsx'
import { Field } from '#ui/field.tsx'
import { say, sayProblem } from '#ui/toasts.tsx'

import { ApproveClient } from './approve-client.tsx'
import type { Client } from './client-queries.ts'

/** What can be done about one client. */
export function ClientActions({ client }: { readonly client: Client }): ReactNode {
  const operator = useMay('operator')
  const admin = useMay('admin')
  const revoke = useCall('revokeClient')
  const remove = useCall('deleteClient')
  const restore = useCall('restoreClient')
  const name = visibleText(client.name)
  const params = { id: client.id }
  if (client.deletedAt !== null) {
    const back = { onError: sayProblem, onSuccess: () => say(`${name} is back.`) }
    return admin ? (
      <Button look="primary" busy={restore.isPending} onClick={() => restore.mutate({ params }, back)}>
        Restore
      </Button>
    ) : null
  }
  return (
    <>
      {operator && client.status === 'approved' && client.user !== null ? (
        <Link to="/new-task" search={{ user: client.user }} className="button">
          New task
        </Link>
      ) : null}
      {admin && client.status === 'pending' ? <ApproveClient client={client} /> : null}
      {operator && client.status === 'approved' ? <DrainButton client={client} /> : null}
      {admin && client.status !== 'revoked' ? <ChangeClient client={client} /> : null}
      {admin && client.status !== 'revoked' ? (
        <ConfirmButton
          label="Revoke"
          look="danger"
          icon="stop"
          title={`Revoke ${name}?`}
          action={`Revoke ${name}`}
          onConfirm={async () => {
            await revoke.mutateAsync({ params })
            say(`${name} was revoked.`)
          }}
        >
          <p>
            {name} is shut out for good: its connection is closed, and what waits for it alone is cancelled. What it
            runs can be told of no more: cancel that, too, if nobody shall wait for it. To let the PC in again, remove
            its client.key and identity.json and enrol it with a new token.
          </p>
        </ConfirmButton>
      ) : null}
      {admin ? (
        <ConfirmButton
          label="Delete"
          look="danger"
          title={`Delete ${name}?`}
          action={`Delete ${name}`}
          onConfirm={async () => {
            await remove.mutateAsync({ params })
            say(`${name} is deleted. It can be restored for 30 days.`)
          }}
        >
          <p>It goes from all lists and is shut out. Its executions stay, and it can be restored for 30 days.</p>
        </ConfirmButton>
      ) : null}
    </>
  )
}

function DrainButton({ client }: { readonly client: Client }): ReactNode {
  const drain = useCall('drainClient')
  const resume = useCall('resumeClient')
  const { action, label, title } = client.draining
    ? { action: resume, label: 'Resume', title: 'Give it work again' }
    : { action: drain, label: 'Drain', title: 'What runs goes on; it gets no new work' }
  return (
    <Button
      title={title}
      icon={client.draining ? 'play' : 'pause'}
      busy={action.isPending}
      onClick={() => action.mutate({ params: { id: client.id } }, { onError: sayProblem })}
    >
      {label}
    </Button>
  )
}

function ChangeClient({ client }: { readonly client: Client }): ReactNode {
  const [name, setName] = useState(client.name)
  const [user, setUser] = useState(client.user ?? '')
  const [labels, setLabels] = useState(client.labels.join(', '))
  const [slots, setSlots] = useState(client.slotsLimit === null ? '' : String(client.slotsLimit))
  const change = useCall('changeClient')
  const save = async (): Promise<void> => {
    const list = labels.split(',').map((label) => label.trim())
    const body = {
      name: name.trim(),
      user: user.trim() === '' ? null : user.trim(),
      labels: list.filter((label) => label !== ''),
      slotsLimit: slots.trim() === '' ? null : Number(slots),
    }
    await change.mutateAsync({ params: { id: client.id }, body, revision: client.revision })
    say('Saved.')
  }
  return (
    <ConfirmButton label="Edit" title={`Edit ${visibleText(client.name)}`} action="Save" onConfirm={save}>
      <Field label="Name">
        {(control) => <input {...control} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field label="User" optional>
        {(control) => (
          <input {...control} autoCapitalize="none" value={user} onChange={(event) => setUser(event.target.value)} />
        )}
      </Field>
      <Field label="Labels" optional hint="Separated by commas">
        {(control) => <input {...control} value={labels} onChange={(event) => setLabels(event.target.value)} />}
      </Field>
      <Field label="Executions side by side" optional hint="At most; empty means as many as the PC offers">
        {(control) => (
          <input {...control} inputMode="numeric" value={slots} onChange={(event) => setSlots(event.target.value)} />
        )}
      </Field>
    </ConfirmButton>
  )
}
