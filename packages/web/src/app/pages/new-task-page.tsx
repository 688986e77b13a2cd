import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useMay } from '#domain/me.ts'
import { CopyTaskForm, EditTaskForm } from '#features/tasks/task-form/edit-task-form.tsx'
import { NewTaskForm } from '#features/tasks/task-form/new-task-form.tsx'
import { taskQuery, type Task } from '#features/tasks/task-queries.ts'
import { visibleText } from '#text/visible-text.ts'
import { Empty } from '#ui/empty.tsx'
import { Page } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

const newRoute = getRouteApi('/signed-in/new-task')
const editRoute = getRouteApi('/signed-in/tasks/$id/edit')

export function NewTaskPage(): ReactNode {
  const { plugin, user, copy } = newRoute.useSearch()
  const may = useMay('operator')
  const form =
    copy === undefined ? (
      <NewTaskForm plugin={plugin} user={user} />
    ) : (
      <WithTask id={copy}>{(task) => <CopyTaskForm task={task} />}</WithTask>
    )
  return (
    <Page title="New task" about={<Link to="/tasks">All tasks</Link>}>
      {may ? form : <Empty title="Creating tasks needs the role operator" />}
    </Page>
  )
}

export function EditTaskPage(): ReactNode {
  const { id } = editRoute.useParams()
  const may = useMay('operator')
  const about = (
    <Link to="/tasks/$id" params={{ id }}>
      Back to the task
    </Link>
  )
  return (
    <Page title="Edit task" about={about}>
      {may ? (
        <WithTask id={id}>
          {(task) => (
            <>
              <p className="page-about">{visibleText(task.name)}</p>
              <EditTaskForm key={task.revision} task={task} />
            </>
          )}
        </WithTask>
      ) : (
        <Empty title="Editing tasks needs the role operator" />
      )}
    </Page>
  )
}

interface WithTaskProps {
  readonly id: string
  readonly children: (task: Task) => ReactNode
}

function WithTask({ id, children }: WithTaskProps): ReactNode {
  const { data, error, refetch } = useQuery(taskQuery(id))
  if (data) return children(data)
  return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={8} />
}
