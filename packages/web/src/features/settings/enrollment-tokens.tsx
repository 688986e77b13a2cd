import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { Badge } from '#ui/badge.tsx'
import { ConfirmButton } from '#ui/confirm.tsx'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import { Section } from '#ui/page.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'

import { enrollmentTokensQuery, type EnrollmentToken } from './settings-queries.ts'

const COLUMNS: readonly Column<EnrollmentToken>[] = [
  { head: 'For user', cell: (token) => token.user ?? <span className="quiet-text">nobody in particular</span> },
  { head: 'Uses left', cell: (token) => <UsesLeft token={token} /> },
  { head: 'Approval', cell: (token) => (token.approves ? 'not needed' : 'needed'), wide: true },
  { head: 'Expires', cell: (token) => <Time at={token.expiresAt} />, wide: true },
  {
    head: 'Made',
    cell: (token) => (
      <>
        <Time at={token.createdAt} /> <span className="quiet-text">by {token.createdBy}</span>
      </>
    ),
    wide: true,
  },
  { head: 'Actions', hideHead: true, cell: (token) => <RevokeToken id={token.id} />, align: 'end' },
]

function UsesLeft({ token }: { readonly token: EnrollmentToken }): ReactNode {
  return token.usesLeft === 0 ? <Badge tone="muted" icon="check" word="used up" /> : token.usesLeft
}

function RevokeToken({ id }: { readonly id: string }): ReactNode {
  const revoke = useCall('deleteEnrollmentToken')
  return (
    <ConfirmButton
      label="Revoke"
      look="quiet"
      title="Revoke this enrolment token?"
      action="Revoke the token"
      onConfirm={() => revoke.mutateAsync({ params: { id } })}
    >
      <p>No more clients can use it. Those that did stay connected.</p>
    </ConfirmButton>
  )
}

/** `add` makes a new one: connecting a client is the clients' business. */
export function EnrollmentTokens({ add }: { readonly add: ReactNode }): ReactNode {
  const query = useInfiniteQuery(enrollmentTokensQuery)
  return (
    <Section title="Enrolment tokens" aside={add}>
      <Listing
        label="Enrolment tokens"
        query={query}
        columns={COLUMNS}
        keyOf={(token) => token.id}
        empty={
          <Empty title="No enrolment token">
            <p>A new client brings one to be let in.</p>
          </Empty>
        }
      />
    </Section>
  )
}
