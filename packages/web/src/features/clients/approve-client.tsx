import { useState, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { visibleText } from '#text/visible-text.ts'
import { ConfirmButton } from '#ui/confirm.tsx'
import { Field } from '#ui/field.tsx'
import { Facts } from '#ui/page.tsx'
import { say } from '#ui/toasts.tsx'

import type { Client } from './client-queries.ts'

/** Lets a waiting client work, after its fingerprint was compared, and binds it to a user. */
export function ApproveClient({ client }: { readonly client: Client }): ReactNode {
  const [user, setUser] = useState(client.user ?? client.reported?.wishedUser ?? '')
  const approve = useCall('approveClient')
  const name = visibleText(client.name)
  const confirm = async (): Promise<void> => {
    const body = user.trim() === '' ? {} : { user: user.trim() }
    await approve.mutateAsync({ params: { id: client.id }, body })
    say(`${name} may work now.`)
  }
  return (
    <ConfirmButton label="Approve" icon="check" title={`Approve ${name}?`} action="Approve" onConfirm={confirm}>
      <p>It will get plugins and work. Compare the fingerprint with the one that the PC shows.</p>
      <Facts
        facts={[
          ['Fingerprint', <Fingerprint key="fingerprint" text={client.fingerprint} />],
          ['System', visibleText(client.reported?.os ?? '–')],
          ['Runs as', visibleText(client.reported?.account ?? '–')],
        ]}
      />
      <Field label="User" optional hint="Whose PC it is. Tasks for this user run there.">
        {(control) => (
          <input
            {...control}
            autoCapitalize="none"
            spellCheck={false}
            value={user}
            onChange={(event) => setUser(event.target.value)}
          />
        )}
      </Field>
    </ConfirmButton>
  )
}

/** In groups of four, so that people can compare it. */
export function Fingerprint({ text }: { readonly text: string }): ReactNode {
  return <code className="fingerprint">{visibleText(text).replaceAll(/([0-9a-zA-Z]{4})(?=.)/g, '$1 ')}</code>
}
