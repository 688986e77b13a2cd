import '#features/executions/executions.css'
import '#features/plugins/plugins.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { ExecutionBadge } from '#domain/badges.tsx'
import { useMay } from '#domain/me.ts'
import { isFinal } from '#domain/states.ts'
import { executionQuery } from '#features/executions/execution-queries.ts'
import { Output } from '#features/executions/output-view.tsx'
import { ResultView } from '#features/executions/result-view.tsx'
import { DeletePlugin } from '#features/plugins/delete-plugin.tsx'
import { languageLabel } from '#features/plugins/languages.ts'
import { NewPlugin } from '#features/plugins/new-plugin.tsx'
import { PluginEditor } from '#features/plugins/plugin-editor.tsx'
import { pluginQuery } from '#features/plugins/plugin-queries.ts'
import { PluginSync } from '#features/plugins/plugin-sync.tsx'
import { PluginVersions } from '#features/plugins/plugin-versions.tsx'
import { TryPlugin } from '#features/plugins/try-plugin.tsx'
import { visibleText } from '#text/visible-text.ts'
import { Empty } from '#ui/empty.tsx'
import { Icon } from '#ui/icon.tsx'
import { Page } from '#ui/page.tsx'
import { Problem } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

const route = getRouteApi('/signed-in/plugins/$name')

export function PluginPage(): ReactNode {
  const { name } = route.useParams()
  const may = useMay('operator')
  const { data: plugin, error, refetch } = useQuery(pluginQuery(name))
  if (!plugin) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={12} />
  return (
    <Page
      title={plugin.name}
      about={`${languageLabel(plugin.language)} · version ${plugin.version} · ${plugin.checksum.slice(0, 12)}`}
      actions={
        <>
          {may ? (
            <Link to="/new-task" search={{ plugin: plugin.name }} className="button">
              <Icon name="plus" /> New task
            </Link>
          ) : null}
          <DeletePlugin name={plugin.name} />
        </>
      }
    >
      {plugin.problem === null ? null : (
        <p className="notice tone-bad" role="alert">
          <Icon name="alert" /> {visibleText(plugin.problem)}
        </p>
      )}
      <PluginSync name={plugin.name} />
      <PluginEditor
        key={plugin.name}
        plugin={plugin}
        renderBelow={(source) => (
          <TryPlugin
            plugin={plugin}
            source={source}
            renderTried={(execution) => <Tried key={execution} id={execution} />}
          />
        )}
      />
      <PluginVersions plugin={plugin} />
    </Page>
  )
}

/** What the source did on that client, live. */
function Tried({ id }: { readonly id: string }): ReactNode {
  const { data: execution } = useQuery(executionQuery(id))
  if (!execution) return <Skeleton lines={3} label="Loading the try" />
  return (
    <div className="stack" data-testid="tried">
      <p className="row">
        <ExecutionBadge execution={execution} />
        <Link to="/executions/$id" params={{ id }}>
          Everything about it
        </Link>
      </p>
      {execution.waitingFor.map(({ code, text }) => (
        <p key={code} className="quiet-text">
          {visibleText(text)}
        </p>
      ))}
      {execution.result ? <ResultView result={execution.result} /> : null}
      <Output id={id} attempt={execution.attempt} final={isFinal(execution.state)} />
    </div>
  )
}

export function NewPluginPage(): ReactNode {
  const may = useMay('admin')
  return (
    <Page title="New plugin" about={<Link to="/plugins">All plugins</Link>}>
      {may ? <NewPlugin /> : <Empty title="Writing plugins needs the role admin" />}
    </Page>
  )
}
