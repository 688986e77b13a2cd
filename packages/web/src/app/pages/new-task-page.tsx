import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useMay } from '#domain/me.ts'
import { NewTaskForm } from '#features/tasks/new-task/new-task-form.tsx'
import { Empty } from '#ui/empty.tsx'
import { Page } from '#ui/page.tsx'

const route = getRouteApi('/signed-in/new-task')

export function NewTaskPage(): ReactNode {
  const { plugin, user } = route.useSearch()
  const may = useMay('operator')
  return (
    <Page title="New task" about={<Link to="/tasks">All tasks</Link>}>
      {may ? <NewTaskForm plugin={plugin} user={user} /> : <Empty title="Creating tasks needs the role operator" />}
    </Page>
  )
}
