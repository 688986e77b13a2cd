import '#features/runs/runs.css'
import '#features/clients/clients.css'
import '#features/tasks/tasks.css'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'

import { useMay } from '#domain/me.ts'
import { statsQuery } from '#domain/stats.ts'
import { ConnectButton, ConnectDialog } from '#features/clients/connect-client.tsx'
import { WaitingClients } from '#features/clients/waiting-clients.tsx'
import { FirstSteps } from '#features/overview/first-steps.tsx'
import { NeedsYou } from '#features/overview/needs-you.tsx'
import { StopWork } from '#features/overview/stop-work.tsx'
import { Tiles } from '#features/overview/tiles-view.tsx'
import { firstSteps } from '#features/overview/tiles.ts'
import { RunHistogram } from '#features/runs/run-histogram.tsx'
import { RunningNow } from '#features/runs/running-now.tsx'
import { NextRuns } from '#features/tasks/next-runs.tsx'
import { Page, Section } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

export function OverviewPage(): ReactNode {
  const { data: stats, error, refetch } = useQuery(statsQuery)
  const admin = useMay('admin')
  const operator = useMay('operator')
  const navigate = useNavigate()
  const [connecting, setConnecting] = useState(false)
  if (!stats) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={6} />
  const done = firstSteps(stats)
  const ask = <p className="hint">An administrator can do this.</p>
  return (
    <Page title="Overview" actions={<StopWork stats={stats} />}>
      <ConnectDialog open={connecting} onClose={() => setConnecting(false)} />
      {done.done ? null : (
        <FirstSteps
          steps={[
            {
              done: done.client,
              title: 'Connect a client',
              text: 'Copy one line to a PC; it appears here by itself.',
              action: admin ? <ConnectButton onClick={() => setConnecting(true)} /> : ask,
            },
            {
              done: done.plugin,
              title: 'Write a plugin',
              text: 'Your business logic, in one file. Every client gets it.',
              action: admin ? (
                <Link to="/new-plugin" className="button">
                  New plugin
                </Link>
              ) : (
                ask
              ),
            },
            {
              done: done.task,
              title: 'Create a task',
              text: 'Say what shall run, on whose PC, and when.',
              action: operator ? (
                <Link to="/new-task" className="button">
                  New task
                </Link>
              ) : (
                ask
              ),
            },
          ]}
        />
      )}
      <Tiles stats={stats} />
      <WaitingClients />
      <NeedsYou stats={stats} />
      {stats.last24h.runs > 0 ? (
        <Section title="Last 24 hours">
          <div className="card">
            <RunHistogram onZoom={(from, to) => void navigate({ to: '/runs', search: { from, to } })} />
          </div>
        </Section>
      ) : null}
      <RunningNow />
      <NextRuns />
      <p className="hint">Octopus {stats.version}</p>
    </Page>
  )
}
