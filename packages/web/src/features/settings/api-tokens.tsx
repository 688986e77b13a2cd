import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { ConfirmButton } from '#ui/confirm.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import { Section } from '#ui/page.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'

import { NewApiToken } from './new-api-token.tsx'
import { apiTokensQuery, type ApiToken } from './settings-queries.ts'

const COLUMNS: readonly Column<ApiToken>[] = [
  { head: 'Name', cell: (token) => <strong>{visibleText(token.name)}</strong> },
  { head: 'Begins with', cell: (token) => <code>{token.prefix}…</code>, wide: true },
  { head: 'Role', cell: (token) => token.role },
  { head: 'Expires', cell: (token) => <Time at={token.expiresAt} />, wide: true },
  { head: 'Last used', cell: (token) => <Time at={token.lastUsedAt} none="never" />, wide: true },
  { head: 'Actions', hideHead: true, cell: (token) => <RevokeToken token={token} />, align: 'end' },
]

function RevokeToken({ token }: { readonly token: ApiToken }): ReactNode {
  const revoke = useCall('deleteApiToken')
  return (
    <ConfirmButton
      label="Revoke"
      look="quiet"
      title={`Revoke ${visibleText(token.name)}?`}
      action="Revoke the token"
      onConfirm={() => revoke.mutateAsync({ params: { id: token.id } })}
    >
      <p>Programs that use it are refused from now on.</p>
    </ConfirmButton>
  )
}

export function ApiTokens(): ReactNode {
  const query = useInfiniteQuery(apiTokensQuery)
  const [adding, setAdding] = useState(false)
  const add = (
    <Button icon="plus" onClick={() => setAdding(true)}>
      New API token
    </Button>
  )
  return (
    <Section title="Your API tokens" aside={add}>
      <Listing
        label="API tokens"
        query={query}
        columns={COLUMNS}
        keyOf={(token) => token.id}
        empty={
          <Empty title="No API token">
            <p>Programs sign in with one instead of a password.</p>
          </Empty>
        }
      />
      <Dialog open={adding} title="New API token" onClose={() => setAdding(false)}>
        <NewApiToken onDone={() => setAdding(false)} />
      </Dialog>
    </Section>
  )
}
