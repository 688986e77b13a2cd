import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { useMay } from '#domain/me.ts'
import { visibleText } from '#text/visible-text.ts'
import { Badge } from '#ui/badge.tsx'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Empty } from '#ui/empty.tsx'
import { Listing } from '#ui/listing.tsx'
import { Section } from '#ui/page.tsx'
import type { Column } from '#ui/table.tsx'
import { Time } from '#ui/time.tsx'

import { usersQuery, type User } from './settings-queries.ts'
import { EditUser, NewUser } from './user-form.tsx'

const COLUMNS: readonly Column<User>[] = [
  {
    head: 'Name',
    cell: (user) => (
      <>
        <strong>{user.name}</strong>{' '}
        {user.displayName === user.name ? null : <span className="quiet-text">{visibleText(user.displayName)}</span>}
      </>
    ),
  },
  { head: 'Role', cell: (user) => user.role ?? <span className="quiet-text">none</span> },
  { head: 'Sign-in', cell: (user) => <SignIn user={user} />, wide: true },
  { head: 'Clients', cell: (user) => user.clients, align: 'end', wide: true },
  { head: 'Created', cell: (user) => <Time at={user.createdAt} />, wide: true },
]

function SignIn({ user }: { readonly user: User }): ReactNode {
  if (user.disabled) return <Badge tone="muted" icon="stop" word="disabled" />
  if (user.role === null) return <Badge tone="muted" icon="clients" word="owns clients only" />
  if (!user.canSignIn) return <Badge tone="warning" icon="question" word="has no password" />
  return <Badge tone="good" icon="check" word="can sign in" />
}

export function Users(): ReactNode {
  const query = useInfiniteQuery(usersQuery)
  const may = useMay('admin')
  const [adding, setAdding] = useState(false)
  const [editing, setEditing] = useState<User>()
  const edit: Column<User> = {
    head: 'Actions',
    hideHead: true,
    align: 'end',
    // oxlint-disable-next-line react/no-unstable-nested-components -- a function that a table calls, no component
    cell: (user) => (
      <Button look="quiet" aria-label={`Edit ${user.name}`} onClick={() => setEditing(user)}>
        Edit
      </Button>
    ),
  }
  return (
    <Section
      title="Users"
      aside={
        may ? (
          <Button icon="plus" onClick={() => setAdding(true)}>
            New user
          </Button>
        ) : null
      }
    >
      <Listing
        label="Users"
        query={query}
        columns={may ? [...COLUMNS, edit] : COLUMNS}
        keyOf={(user) => user.name}
        empty={<Empty title="No users" />}
      />
      <Dialog open={adding} title="New user" onClose={() => setAdding(false)}>
        <NewUser onDone={() => setAdding(false)} />
      </Dialog>
      <Dialog open={editing !== undefined} title={`Edit ${editing?.name ?? ''}`} onClose={() => setEditing(undefined)}>
        {editing ? <EditUser user={editing} onDone={() => setEditing(undefined)} /> : null}
      </Dialog>
    </Section>
  )
}
