import { problemOf } from '@octopus/api-client/api-error.ts'
import { useState, type SubmitEvent, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import type { Role } from '#domain/me.ts'
import { Button } from '#ui/button.tsx'
import { Field } from '#ui/field.tsx'
import { ProblemText } from '#ui/problem.tsx'
import { Select } from '#ui/select.tsx'
import { say } from '#ui/toasts.tsx'

import { ROLE_CHOICES } from './roles.ts'
import type { User } from './settings-queries.ts'

const ROLES_OR_NONE = [{ value: '' as const, label: 'none: owns clients only' }, ...ROLE_CHOICES]

interface Values {
  readonly name: string
  readonly displayName: string
  readonly role: Role | ''
  readonly password: string
  readonly disabled: boolean
}

export function NewUser({ onDone }: { readonly onDone: () => void }): ReactNode {
  const create = useCall('createUser')
  const save = ({ name, displayName, role, password }: Values): void =>
    create.mutate(
      {
        body: {
          name,
          ...(displayName === '' ? {} : { displayName }),
          ...(role === '' ? {} : { role }),
          ...(password === '' ? {} : { password }),
        },
      },
      {
        onSuccess: () => {
          say(`${name} was created.`)
          onDone()
        },
      },
    )
  const start: Values = { name: '', displayName: '', role: 'viewer', password: '', disabled: false }
  return <UserForm start={start} error={create.error} busy={create.isPending} onSave={save} onDone={onDone} />
}

export function EditUser({ user, onDone }: { readonly user: User; readonly onDone: () => void }): ReactNode {
  const change = useCall('changeUser')
  const save = ({ displayName, role, password, disabled }: Values): void =>
    change.mutate(
      {
        params: { name: user.name },
        revision: user.revision,
        body: { displayName, role: role === '' ? null : role, disabled, ...(password === '' ? {} : { password }) },
      },
      {
        onSuccess: () => {
          say('Saved.')
          onDone()
        },
      },
    )
  const { name, displayName, role, disabled } = user
  const start: Values = { name, displayName, role: role ?? '', password: '', disabled }
  return <UserForm known start={start} error={change.error} busy={change.isPending} onSave={save} onDone={onDone} />
}

interface UserFormProps {
  /** The user exists: the name stands, and disabling is possible. */
  readonly known?: boolean
  readonly start: Values
  readonly error: unknown
  readonly busy: boolean
  readonly onSave: (values: Values) => void
  readonly onDone: () => void
}

function UserForm({ known = false, start, error, busy, onSave, onDone }: UserFormProps): ReactNode {
  const [values, setValues] = useState(start)
  const change = (part: Partial<Values>): void => setValues({ ...values, ...part })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    onSave(values)
  }
  return (
    <form className="stack" onSubmit={submit}>
      {known ? null : (
        <Field label="Name" hint="Letters, digits and . _ @ -" problem={problemOf(error, 'name')}>
          {(control) => (
            <input
              {...control}
              required
              autoCapitalize="none"
              autoComplete="off"
              spellCheck={false}
              value={values.name}
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label="Full name" optional problem={problemOf(error, 'displayName')}>
        {(control) => (
          <input
            {...control}
            value={values.displayName}
            onChange={(event) => change({ displayName: event.target.value })}
          />
        )}
      </Field>
      <Field label="Role" problem={problemOf(error, 'role')}>
        {(control) => (
          <Select {...control} value={values.role} choices={ROLES_OR_NONE} onChange={(role) => change({ role })} />
        )}
      </Field>
      <Field
        label={known ? 'New password' : 'Password'}
        optional
        hint="At least 12 characters. Without one the user cannot sign in."
        problem={problemOf(error, 'password')}
      >
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="new-password"
            value={values.password}
            onChange={(event) => change({ password: event.target.value })}
          />
        )}
      </Field>
      {known ? (
        <label className="check">
          <input
            type="checkbox"
            checked={values.disabled}
            onChange={(event) => change({ disabled: event.target.checked })}
          />
          Disabled: sessions and tokens end at once
        </label>
      ) : null}
      <ProblemText error={error} />
      <div className="dialog-actions">
        <Button onClick={onDone}>Close</Button>
        <Button type="submit" look="primary" busy={busy}>
          {known ? 'Save' : 'Create user'}
        </Button>
      </div>
    </form>
  )
}
