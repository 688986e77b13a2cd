import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useMay } from '#domain/me.ts'
import { ConnectClient } from '#features/clients/connect-client.tsx'
import { ApiTokens } from '#features/settings/api-tokens.tsx'
import { EnrollmentTokens } from '#features/settings/enrollment-tokens.tsx'
import { Users } from '#features/settings/users.tsx'
import { Empty } from '#ui/empty.tsx'
import { Page } from '#ui/page.tsx'
import { Segments } from '#ui/segments.tsx'

const route = getRouteApi('/signed-in/settings')

const PARTS = [
  { value: 'users', label: 'Users' },
  { value: 'api-tokens', label: 'API tokens' },
  { value: 'enrollment-tokens', label: 'Enrolment tokens' },
] as const

export function SettingsPage(): ReactNode {
  const { show = 'users' } = route.useSearch()
  const navigate = route.useNavigate()
  const admin = useMay('admin')
  return (
    <Page title="Settings">
      <div className="filters">
        <Segments
          label="Part of the settings"
          value={show}
          choices={admin ? PARTS : PARTS.filter(({ value }) => value !== 'enrollment-tokens')}
          onChange={(next) => void navigate({ search: { show: next } })}
        />
      </div>
      {show === 'users' ? <Users /> : null}
      {show === 'api-tokens' ? <ApiTokens /> : null}
      {show === 'enrollment-tokens' ? (
        admin ? (
          <EnrollmentTokens add={<ConnectClient primary={false} />} />
        ) : (
          <Empty title="Enrolment tokens need the role admin" />
        )
      ) : null}
    </Page>
  )
}
