import '#features/executions/executions.css'
import '#features/tasks/tasks.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { TaskBadge } from '#domain/badges.tsx'
import { useMay } from '#domain/me.ts'
import { ClientPicker } from '#features/clients/client-picker.tsx'
import { WhyNot } from '#features/executions/why-view.tsx'
import { TaskRunList } from '#features/runs/run-list.tsx'
import { TaskActions } from '#features/tasks/task-actions.tsx'
import { TaskFacts } from '#features/tasks/task-facts.tsx'
import { TaskList } from '#features/tasks/task-list.tsx'
import { TaskPath } from '#features/tasks/task-path.tsx'
import { taskQuery } from '#features/tasks/task-queries.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { Icon } from '#ui/icon.tsx'
import { Page, Section } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Select } from '#ui/select.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

const listRoute = getRouteApi('/signed-in/tasks')
const route = getRouteApi('/signed-in/tasks/$id')

export function TasksPage(): ReactNode {
  const may = useMay('operator')
  const { deleted, ...filter } = listRoute.useSearch()
  const create = may ? (
    <Link to="/new-task" className="button primary">
      <Icon name="plus" /> New task
    </Link>
  ) : null
  return (
    <Page title="Tasks" about="What shall be done, by whom, and when" actions={create}>
      <TaskFilters />
      <TaskList filter={deleted ? { ...filter, deleted: true } : filter} firstStep={create} />
    </Page>
  )
}

function TaskFilters(): ReactNode {
  const filter = listRoute.useSearch()
  const navigate = listRoute.useNavigate()
  return (
    <div className="filters">
      <Select
        label="Status"
        value={filter.status ?? ''}
        choices={[
          { value: '', label: 'Any status' },
          { value: 'created', label: 'Created' },
          { value: 'active', label: 'Active' },
          { value: 'completed', label: 'Completed' },
        ]}
        onChange={(status) => void navigate({ search: (before) => ({ ...before, status: status || undefined }) })}
      />
      <Select
        label="Owner"
        value={filter.owner ?? ''}
        choices={[
          { value: '', label: 'Any owner' },
          { value: 'all', label: 'All clients' },
          { value: 'anyone', label: 'Anyone' },
          { value: 'user', label: 'A user' },
        ]}
        onChange={(owner) => void navigate({ search: (before) => ({ ...before, owner: owner || undefined }) })}
      />
      <Select
        label="Type"
        value={filter.type ?? ''}
        choices={[
          { value: '', label: 'Any type' },
          { value: 'ad-hoc', label: 'Ad-hoc' },
          { value: 'scheduled', label: 'Scheduled' },
        ]}
        onChange={(type) => void navigate({ search: (before) => ({ ...before, type: type || undefined }) })}
      />
      <Select
        label="Sort"
        value={filter.sort ?? ''}
        choices={[
          { value: '', label: 'Newest first' },
          { value: 'next-run', label: 'Next run first' },
        ]}
        onChange={(sort) => void navigate({ search: (before) => ({ ...before, sort: sort || undefined }) })}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={filter.deleted === 'true'}
          onChange={({ target }) =>
            void navigate({ search: (before) => ({ ...before, deleted: target.checked ? 'true' : undefined }) })
          }
        />
        Deleted
      </label>
      {filter.plugin === undefined ? null : (
        <Button icon="cross" onClick={() => void navigate({ search: (before) => ({ ...before, plugin: undefined }) })}>
          Plugin: {filter.plugin}
        </Button>
      )}
    </div>
  )
}

export function TaskPage(): ReactNode {
  const { id } = route.useParams()
  const { data: task, error, refetch } = useQuery(taskQuery(id))
  if (!task) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={8} />
  return (
    <Page
      title={visibleText(task.name)}
      badge={<TaskBadge task={task} />}
      about={<Link to="/tasks">All tasks</Link>}
      actions={<TaskActions task={task} />}
    >
      <Section title="Where it stands">
        <TaskPath task={task} />
      </Section>
      <Section title="Runs">
        <TaskRunList task={id} />
      </Section>
      <WhyNot key={id} task={id} renderPicker={(pick) => <ClientPicker onPick={pick} />} />
      <Section title="Definition">
        <TaskFacts task={task} />
      </Section>
    </Page>
  )
}
