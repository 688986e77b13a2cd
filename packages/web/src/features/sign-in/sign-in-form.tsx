import { useMutation } from '@tanstack/react-query'
import { useState, type SubmitEvent, type ReactNode } from 'react'

import { call } from '#api/call.ts'
import { Button } from '#ui/button.tsx'
import { Field } from '#ui/field.tsx'
import { ProblemText } from '#ui/problem.tsx'

import { useEntry } from './use-entry.ts'

/** Name and password. */
export function SignInForm({ to }: { readonly to: string | undefined }): ReactNode {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const enter = useEntry(to)
  const login = useMutation({
    mutationFn: () => call('login', { body: { name, password } }),
    onSuccess: enter,
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    login.mutate()
  }
  return (
    <form className="stack" onSubmit={submit}>
      <Field label="Name">
        {(control) => (
          <input
            {...control}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <input
            {...control}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <ProblemText error={login.error} />
      <Button type="submit" look="primary" busy={login.isPending}>
        Sign in
      </Button>
    </form>
  )
}
