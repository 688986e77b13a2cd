import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { ConfirmButton } from '#ui/confirm.tsx'
import { say } from '#ui/toasts.tsx'

export function DeletePlugin({ name }: { readonly name: string }): ReactNode {
  const may = useMay('admin')
  const remove = useCall('deletePlugin')
  const navigate = useNavigate()
  if (!may) return null
  return (
    <ConfirmButton
      label="Delete"
      look="danger"
      title={`Delete ${name}?`}
      action={`Delete ${name}`}
      onConfirm={async () => {
        await remove.mutateAsync({ params: { name } })
        say(`${name} was deleted.`)
        await navigate({ to: '/plugins' })
      }}
    >
      <p>Clients remove it. A plugin that tasks still use is refused.</p>
    </ConfirmButton>
  )
}
