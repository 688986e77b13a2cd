import { problemOf } from '@octopus/api-client/api-error.ts'
import { useQuery } from '@tanstack/react-query'
import { useState, type SubmitEvent, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { allows, meQuery, type Role } from '#domain/me.ts'
import { Button } from '#ui/button.tsx'
import { CopyText } from '#ui/copy-text.tsx'
import { Field } from '#ui/field.tsx'
import { ProblemText } from '#ui/problem.tsx'
import { Select } from '#ui/select.tsx'

import { ROLE_CHOICES } from './roles.ts'

const DAY_SECONDS = 86_400
const LIFETIMES = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'one year' },
] as const

/** Makes a token and shows it once. */
export function NewApiToken({ onDone }: { readonly onDone: () => void }): ReactNode {
  const { data: me } = useQuery(meQuery)
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [days, setDays] = useState<(typeof LIFETIMES)[number]['value']>('90')
  const create = useCall('createApiToken')
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    create.mutate({ body: { name, role, expiresInSeconds: Number(days) * DAY_SECONDS } })
  }
  if (create.data) {
    return (
      <div className="stack">
        <p>Copy it now: it is shown this once.</p>
        <CopyText text={create.data.token} label="API token" />
        <div className="dialog-actions">
          <Button look="primary" onClick={onDone}>
            Done
          </Button>
        </div>
      </div>
    )
  }
  return (
    <form className="stack" onSubmit={submit}>
      <Field label="Name" hint="What will use it?" problem={problemOf(create.error, 'name')}>
        {(control) => (
          <input {...control} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      <Field label="Role" problem={problemOf(create.error, 'role')}>
        {(control) => (
          <Select
            {...control}
            value={role}
            choices={ROLE_CHOICES.filter(({ value }) => me && allows(me.role, value))}
            onChange={setRole}
          />
        )}
      </Field>
      <Field label="Expires after">
        {(control) => <Select {...control} value={days} choices={LIFETIMES} onChange={setDays} />}
      </Field>
      <ProblemText error={create.error} />
      <div className="dialog-actions">
        <Button onClick={onDone}>Close</Button>
        <Button type="submit" look="primary" busy={create.isPending}>
          Create token
        </Button>
      </div>
    </form>
  )
}
