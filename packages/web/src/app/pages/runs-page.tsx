import '#features/runs/runs.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'

import { sinceOf } from '#app/since.ts'
import { RunBadge } from '#domain/badges.tsx'
import { headline } from '#domain/counts.ts'
import { ExecutionBlocks } from '#features/executions/execution-blocks.tsx'
import { ExecutionList } from '#features/executions/execution-list.tsx'
import { CancelRun } from '#features/runs/cancel-run.tsx'
import { ResultGroups } from '#features/runs/result-groups.tsx'
import { RetryRun } from '#features/runs/retry-run.tsx'
import { RunFacts } from '#features/runs/run-facts.tsx'
import { RunHistogram } from '#features/runs/run-histogram.tsx'
import { RunList } from '#features/runs/run-list.tsx'
import { runQuery } from '#features/runs/run-queries.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { Icon } from '#ui/icon.tsx'
import { Page, Section } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Select } from '#ui/select.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

const listRoute = getRouteApi('/signed-in/runs')
const route = getRouteApi('/signed-in/runs/$id')

export function RunsPage(): ReactNode {
  const { last, ...filter } = listRoute.useSearch()
  const navigate = listRoute.useNavigate()
  const [opened] = useState(Date.now)
  return (
    <Page title="Runs" about={<Link to="/executions">All executions</Link>}>
      <div className="filters">
        <Select
          label="Status"
          value={filter.status ?? ''}
          choices={[
            { value: '', label: 'Active or completed' },
            { value: 'active', label: 'Active' },
            { value: 'completed', label: 'Completed' },
          ]}
          onChange={(status) => void navigate({ search: (before) => ({ ...before, status: status || undefined }) })}
        />
        <Select
          label="Outcome"
          value={filter.outcome ?? ''}
          choices={[
            { value: '', label: 'Any outcome' },
            { value: 'succeeded', label: 'Succeeded' },
            { value: 'partly-failed', label: 'Partly failed' },
            { value: 'failed', label: 'Failed' },
            { value: 'cancelled', label: 'Cancelled' },
            { value: 'expired', label: 'Expired' },
            { value: 'skipped', label: 'Skipped' },
          ]}
          onChange={(outcome) => void navigate({ search: (before) => ({ ...before, outcome: outcome || undefined }) })}
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
      <div className="card">
        <RunHistogram
          from={filter.from}
          to={filter.to}
          onZoom={(from, to) => void navigate({ search: (before) => ({ ...before, last: undefined, from, to }) })}
        />
        {filter.from === undefined ? null : (
          <Button
            onClick={() => void navigate({ search: (before) => ({ ...before, from: undefined, to: undefined }) })}
          >
            Back to the last 24 hours
          </Button>
        )}
      </div>
      <RunList
        filter={{ ...filter, ...sinceOf(last, opened) }}
        firstStep={
          <Link to="/new-task" className="button primary">
            Create a task
          </Link>
        }
      />
    </Page>
  )
}

export function RunPage(): ReactNode {
  const { id } = route.useParams()
  const { digest } = route.useSearch()
  const navigate = route.useNavigate()
  const choose = (next: string | undefined): void => void navigate({ search: { digest: next }, resetScroll: false })
  const { data: run, error, refetch } = useQuery(runQuery(id))
  if (!run) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={8} />
  return (
    <Page
      title={`Run of ${visibleText(run.task.name)}`}
      badge={<RunBadge run={run} />}
      about={
        <Link to="/tasks/$id" params={{ id: run.task.id }}>
          Task
        </Link>
      }
      actions={
        <>
          <RetryRun run={run} />
          <CancelRun run={run} />
        </>
      }
    >
      <p className="run-headline" data-testid="run-headline" aria-live="polite">
        {headline(run.counts)}
      </p>
      {run.note === null ? null : <p className="notice tone-warning">{visibleText(run.note)}</p>}
      {run.counts.total === 0 ? null : (
        <Section title="Clients">
          <ExecutionBlocks run={id} counts={run.counts} />
        </Section>
      )}
      <Section title="About this run">
        <RunFacts run={run} />
      </Section>
      <Section title="Results">
        <ResultGroups run={id} chosen={digest} onChoose={choose} />
      </Section>
      <Section
        title={digest === undefined ? 'Executions' : 'Executions with the chosen result'}
        aside={<Downloads run={id} />}
      >
        <ExecutionList
          topic={`run:${id}`}
          filter={digest === undefined ? { run: id } : { run: id, digest }}
          columns={['who', 'state', 'attempt', 'queued', 'took', 'reason']}
        />
      </Section>
    </Page>
  )
}

/** The whole list to take along. */
function Downloads({ run }: { readonly run: string }): ReactNode {
  return (
    <span className="row">
      <a className="button quiet" href={`/api/v1/runs/${run}/executions.csv`} download>
        <Icon name="download" /> CSV
      </a>
      <a className="button quiet" href={`/api/v1/runs/${run}/executions.json`} download>
        <Icon name="download" /> JSON
      </a>
    </span>
  )
}
