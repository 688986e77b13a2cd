import '#features/executions/executions.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'

import { sinceOf } from '#app/since.ts'
import { ExecutionBadge } from '#domain/badges.tsx'
import { EXECUTION_LOOKS, STATE_ORDER, type ExecutionState } from '#domain/states.ts'
import { slotWords } from '#domain/words.ts'
import { CancelExecution } from '#features/executions/cancel-execution.tsx'
import { ExecutionDetails } from '#features/executions/execution-details.tsx'
import { ExecutionList } from '#features/executions/execution-list.tsx'
import { executionQuery } from '#features/executions/execution-queries.ts'
import { RetryExecution } from '#features/executions/retry-execution.tsx'
import { visibleText } from '#text/visible-text.ts'
import { Page } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Select } from '#ui/select.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

const listRoute = getRouteApi('/signed-in/executions')
const route = getRouteApi('/signed-in/executions/$id')

export function ExecutionsPage(): ReactNode {
  const { last, ...filter } = listRoute.useSearch()
  const navigate = listRoute.useNavigate()
  const [opened] = useState(Date.now)
  const states: { value: ExecutionState | ''; label: string }[] = [
    { value: '', label: 'Any state' },
    ...STATE_ORDER.map((state) => ({ value: state, label: EXECUTION_LOOKS[state].word })),
  ]
  return (
    <Page title="Executions" about={<Link to="/runs">Runs</Link>}>
      <div className="filters">
        <Select
          label="State"
          value={filter.state ?? ''}
          choices={states}
          onChange={(state) => void navigate({ search: (before) => ({ ...before, state: state || undefined }) })}
        />
        <Select
          label="Period"
          value={last ?? ''}
          choices={[
            { value: '', label: 'Any time' },
            { value: '24h', label: 'Last 24 hours' },
          ]}
          onChange={(next) => void navigate({ search: (before) => ({ ...before, last: next || undefined }) })}
        />
      </div>
      <ExecutionList
        topic="executions"
        filter={{ ...filter, ...sinceOf(last, opened) }}
        columns={['task', 'who', 'state', 'queued', 'took', 'reason']}
      />
    </Page>
  )
}

export function ExecutionPage(): ReactNode {
  const { id } = route.useParams()
  const { data: execution, error, refetch } = useQuery(executionQuery(id))
  if (!execution) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={10} />
  const who = visibleText(execution.client?.name ?? slotWords(execution.slot))
  return (
    <Page
      title={`${visibleText(execution.task.name)} on ${who}`}
      badge={<ExecutionBadge execution={execution} />}
      about={
        <>
          <Link to="/tasks/$id" params={{ id: execution.task.id }}>
            Task
          </Link>
          {' · '}
          <Link to="/runs/$id" params={{ id: execution.run }}>
            Run
          </Link>
        </>
      }
      actions={
        <>
          <RetryExecution execution={execution} />
          <CancelExecution execution={execution} />
        </>
      }
    >
      <ExecutionDetails execution={execution} />
    </Page>
  )
}
