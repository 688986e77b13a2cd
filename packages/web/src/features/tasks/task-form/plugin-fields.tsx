import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { pluginChoicesQuery } from '#features/tasks/task-queries.ts'
import { visibleText } from '#text/visible-text.ts'
import { Empty } from '#ui/empty.tsx'
import { Field } from '#ui/field.tsx'
import { Problem } from '#ui/problem.tsx'
import { Select } from '#ui/select.tsx'
import { Skeleton } from '#ui/skeleton.tsx'

import type { PartProps } from './part-props.ts'
import { useAction } from './use-action.ts'

/** Plugin, action, and a name for the task. */
export function PluginFields({ draft, change, problems }: PartProps): ReactNode {
  const { data, error, refetch } = useInfiniteQuery(pluginChoicesQuery)
  const action = useAction(draft.plugin, draft.action)
  if (!data) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={2} label="Loading plugins" />
  const plugins = data.pages.flatMap((page) => page.items)
  if (plugins.length === 0) {
    return (
      <Empty title="A task needs a plugin">
        <Link to="/new-plugin" className="button primary">
          Write a plugin
        </Link>
      </Empty>
    )
  }
  const actions = plugins.find(({ name }) => name === draft.plugin)?.actions ?? []
  return (
    <div className="fields">
      <Field label="Plugin" problem={problems['plugin']}>
        {(control) => (
          <Select
            {...control}
            value={draft.plugin}
            choices={[
              ...(draft.plugin === '' ? [{ value: '', label: 'Choose…' }] : []),
              ...plugins.map(({ name }) => ({ value: name, label: name })),
            ]}
            onChange={(plugin) => change({ plugin, action: '', typed: {} })}
          />
        )}
      </Field>
      <Field label="Action" problem={problems['action']}>
        {(control) => (
          <Select
            {...control}
            value={action?.name ?? ''}
            disabled={actions.length === 0}
            choices={actions.map(({ name }) => ({ value: name, label: visibleText(name) }))}
            onChange={(name) => change({ action: name, typed: {} })}
          />
        )}
      </Field>
      <Field label="Name of the task" optional problem={problems['name']}>
        {(control) => (
          <input
            {...control}
            maxLength={200}
            value={draft.name}
            placeholder={draft.plugin}
            onChange={(event) => change({ name: event.target.value })}
          />
        )}
      </Field>
    </div>
  )
}
