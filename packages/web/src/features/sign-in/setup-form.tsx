import { problemOf } from '@octopus/api-client/api-error.ts'
import { useMutation } from '@tanstack/react-query'
import { useState, type SubmitEvent, type ReactNode } from 'react'

import { call } from '#api/call.ts'
import { Button } from '#ui/button.tsx'
import { Field } from '#ui/field.tsx'
import { ProblemText } from '#ui/problem.tsx'

import { useEntry } from './use-entry.ts'

/** As the server counts: length is what makes a password hard to guess. */
const PASSWORD_CHARACTERS_MIN = 12

/** Makes the first administrator. */
export function SetupForm({ token: given }: { readonly token: string | undefined }): ReactNode {
  const [token, setToken] = useState(given ?? '')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const enter = useEntry(undefined)
  const setup = useMutation({
    mutationFn: () => call('setup', { body: { token: token.trim(), name, password } }),
    onSuccess: enter,
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setup.mutate()
  }
  return (
    <form className="stack" onSubmit={submit}>
      {given === undefined ? (
        <Field label="Setup token" hint="The server printed it at its first start.">
          {(control) => (
            <input
              {...control}
              required
              autoComplete="off"
              spellCheck={false}
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
          )}
        </Field>
      ) : null}
      <Field label="Your name" hint="Letters, digits and . _ @ -" problem={problemOf(setup.error, 'name')}>
        {(control) => (
          <input
            {...control}
            name="username"
            required
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field
        label="Password"
        hint={`At least ${PASSWORD_CHARACTERS_MIN} characters; a sentence is fine.`}
        problem={problemOf(setup.error, 'password')}
      >
        {(control) => (
          <input
            {...control}
            name="password"
            type="password"
            required
            minLength={PASSWORD_CHARACTERS_MIN}
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <ProblemText error={setup.error} />
      <Button type="submit" look="primary" busy={setup.isPending}>
        Create administrator
      </Button>
    </form>
  )
}
