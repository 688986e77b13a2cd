import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useMay } from '#domain/me.ts'
import { ConnectClient } from '#features/clients/connect-client.tsx'
import { ApiTokens } from '#features/settings/api-tokens.tsx'
import { AuditTrail } from '#features/settings/audit-trail.tsx'
import { EnrollmentTokens } from '#features/settings/enrollment-tokens.tsx'
import { Notifications } from '#features/settings/notifications.tsx'
import { RetentionSettings } from '#features/settings/retention.tsx'
import type { AuditFilter } from '#features/settings/settings-queries.ts'
import { Users } from '#features/settings/users.tsx'
import { Empty } from '#ui/empty.tsx'
import { Page } from '#ui/page.tsx'
import { Segments } from '#ui/segments.tsx'

const route = getRouteApi('/signed-in/settings')

const PARTS = [
  { value: 'users', label: 'Users' },
  { value: 'api-tokens', label: 'API tokens' },
  { value: 'enrollment-tokens', label: 'Enrolment tokens' },
  { value: 'notifications', label: 'Notifications' },
  { value: 'retention', label: 'Retention' },
  { value: 'audit', label: 'Audit trail' },
] as const

/** The others show a viewer what there is. */
const FOR_ADMINS: ReadonlySet<string> = new Set(['enrollment-tokens', 'notifications', 'audit'])

export function SettingsPage(): ReactNode {
  const { show = 'users', actor, action, subject } = route.useSearch()
  const navigate = route.useNavigate()
  const admin = useMay('admin')
  return (
    <Page title="Settings">
      <div className="filters">
        <Segments
          label="Part of the settings"
          value={show}
          choices={admin ? PARTS : PARTS.filter(({ value }) => !FOR_ADMINS.has(value))}
          onChange={(next) => void navigate({ search: { show: next } })}
        />
      </div>
      {FOR_ADMINS.has(show) && !admin ? (
        <Empty title="This part of the settings needs the role admin" />
      ) : (
        <Part show={show} actor={actor} action={action} subject={subject} />
      )}
    </Page>
  )
}

interface PartProps extends AuditFilter {
  readonly show: (typeof PARTS)[number]['value']
}

function Part({ show, actor, action, subject }: PartProps): ReactNode {
  const navigate = route.useNavigate()
  switch (show) {
    case 'users':
      return <Users />
    case 'api-tokens':
      return <ApiTokens />
    case 'enrollment-tokens':
      return <EnrollmentTokens add={<ConnectClient primary={false} />} />
    case 'notifications':
      return <Notifications />
    case 'retention':
      return <RetentionSettings />
    case 'audit':
      return (
        <AuditTrail
          filter={{ actor, action, subject }}
          onFilter={(filter) => void navigate({ search: { show, ...filter }, replace: true })}
        />
      )
  }
}
