import { problemOf } from '@octopus/api-client/api-error.ts'
import { useState, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { Button } from '#ui/button.tsx'
import { Field } from '#ui/field.tsx'
import { ProblemText } from '#ui/problem.tsx'
import { Segments } from '#ui/segments.tsx'
import { say } from '#ui/toasts.tsx'

import type { Target } from './settings-queries.ts'

type Event = Target['events'][number]

const EVENTS: readonly { readonly value: Event; readonly label: string }[] = [
  { value: 'failed', label: 'An execution failed' },
  { value: 'timed-out', label: 'An execution ran longer than its limit' },
  { value: 'expired', label: 'An execution expired: nobody did it in time' },
  { value: 'lost', label: 'An execution was lost with its client' },
  { value: 'client-vanished', label: 'A client vanished' },
]

interface TargetFormProps {
  /** Nothing: a new one. */
  readonly target: Target | undefined
  readonly onDone: () => void
}

export function TargetForm({ target, onDone }: TargetFormProps): ReactNode {
  const create = useCall('createNotificationTarget')
  const change = useCall('changeNotificationTarget')
  const [name, setName] = useState(target?.name ?? '')
  const [kind, setKind] = useState(target?.kind ?? 'webhook')
  const [url, setUrl] = useState(target?.url ?? '')
  const [secret, setSecret] = useState('')
  const [recipients, setRecipients] = useState(target?.recipients.join(', ') ?? '')
  const [events, setEvents] = useState<readonly Event[]>(target?.events ?? EVENTS.map(({ value }) => value))
  const [tasks, setTasks] = useState(target?.tasks?.join(', ') ?? '')
  const [enabled, setEnabled] = useState(target?.enabled ?? true)
  const error = create.error ?? change.error
  const save = (): void => {
    const where =
      kind === 'webhook' ? { url, ...(secret === '' ? {} : { secret }) } : { recipients: listOfWords(recipients) }
    const ids = listOfWords(tasks)
    const body = { name, ...where, events: [...events], tasks: ids.length === 0 ? null : ids, enabled }
    const done = {
      onSuccess: () => {
        say('Saved.')
        onDone()
      },
    }
    if (target) change.mutate({ params: { id: target.id }, body, revision: target.revision }, done)
    else create.mutate({ body: { ...body, kind } }, done)
  }
  return (
    <div className="stack">
      {target ? null : (
        <Segments
          label="Kind"
          value={kind}
          choices={[
            { value: 'webhook', label: 'Webhook' },
            { value: 'e-mail', label: 'E-mail' },
          ]}
          onChange={setKind}
        />
      )}
      <Field label="Name" problem={problemOf(error, 'name')}>
        {(control) => <input {...control} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      {kind === 'webhook' ? (
        <>
          <Field label="Address" hint="It gets a POST with JSON" problem={problemOf(error, 'url')}>
            {(control) => (
              <input {...control} type="url" value={url} onChange={(event) => setUrl(event.target.value)} />
            )}
          </Field>
          <Field
            label="Secret"
            optional
            hint={`Signs every message${target?.signed ? '; empty leaves the one there is' : ''}`}
            problem={problemOf(error, 'secret')}
          >
            {(control) => (
              <input
                {...control}
                type="password"
                autoComplete="new-password"
                value={secret}
                onChange={(event) => setSecret(event.target.value)}
              />
            )}
          </Field>
        </>
      ) : (
        <Field label="Recipients" hint="Separated by commas" problem={problemOf(error, 'recipients')}>
          {(control) => <input {...control} value={recipients} onChange={(e) => setRecipients(e.target.value)} />}
        </Field>
      )}
      <fieldset className="stack">
        <legend>Told of</legend>
        {EVENTS.map(({ value, label }) => (
          <label key={value} className="check">
            <input
              type="checkbox"
              checked={events.includes(value)}
              onChange={({ target: box }) =>
                setEvents(box.checked ? [...events, value] : events.filter((one) => one !== value))
              }
            />
            {label}
          </label>
        ))}
      </fieldset>
      <Field label="Only these tasks" optional hint="Ids, separated by commas" problem={problemOf(error, 'tasks')}>
        {(control) => <input {...control} value={tasks} onChange={(event) => setTasks(event.target.value)} />}
      </Field>
      <label className="check">
        <input type="checkbox" checked={enabled} onChange={(event) => setEnabled(event.target.checked)} />
        On
      </label>
      <ProblemText error={error} />
      <div className="dialog-actions">
        <Button onClick={onDone}>Close</Button>
        <Button look="primary" busy={create.isPending || change.isPending} onClick={save}>
          Save
        </Button>
      </div>
    </div>
  )
}

function listOfWords(text: string): string[] {
  return text
    .split(/[\s,;]+/)
    .map((word) => word.trim())
    .filter((word) => word !== '')
}
