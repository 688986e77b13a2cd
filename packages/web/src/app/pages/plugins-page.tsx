import '#features/plugins/plugins.css'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useMay } from '#domain/me.ts'
import { PluginList } from '#features/plugins/plugin-list.tsx'
import { Icon } from '#ui/icon.tsx'
import { Page } from '#ui/page.tsx'

export function PluginsPage(): ReactNode {
  const may = useMay('admin')
  const create = may ? (
    <Link to="/new-plugin" className="button primary">
      <Icon name="plus" /> New plugin
    </Link>
  ) : null
  return (
    <Page title="Plugins" about="The business logic that clients run" actions={create}>
      <PluginList firstStep={create} />
    </Page>
  )
}
