import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { call } from '#api/call.ts'
import { useMay } from '#domain/me.ts'
import { ConfirmButton } from '#ui/confirm.tsx'
import { say } from '#ui/toasts.tsx'

export function DeletePlugin({ name }: { readonly name: string }): ReactNode {
  const may = useMay('admin')
  const navigate = useNavigate()
  if (!may) return null
  return (
    <ConfirmButton
      label="Delete"
      look="danger"
      title={`Delete ${name}?`}
      action={`Delete ${name}`}
      onConfirm={async () => {
        // Not by useCall: the plugin shown here must not be read again, it is gone.
        await call('deletePlugin', { params: { name } })
        say(`${name} was deleted.`)
        await navigate({ to: '/plugins' })
      }}
    >
      <p>Clients remove it. A plugin that tasks still use is refused.</p>
    </ConfirmButton>
  )
}
