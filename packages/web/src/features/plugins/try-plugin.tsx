import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { argumentsFromJson } from '#domain/json-arguments.ts'
import { useMay } from '#domain/me.ts'
import { visibleText } from '#text/visible-text.ts'
import { Button } from '#ui/button.tsx'
import { Field } from '#ui/field.tsx'
import { Section } from '#ui/page.tsx'
import { ProblemText } from '#ui/problem.tsx'
import { Select } from '#ui/select.tsx'

import { tryClientsQuery, type Plugin } from './plugin-queries.ts'

interface TryPluginProps {
  readonly plugin: Plugin
  /** The source as it is typed, published or not. */
  readonly source: string
  /** Shows what the execution prints and returns. */
  readonly renderTried: (execution: string) => ReactNode
}

/** Runs the source on one client before anybody else gets it. */
export function TryPlugin({ plugin, source, renderTried }: TryPluginProps): ReactNode {
  const may = useMay('admin')
  const clients = useInfiniteQuery(tryClientsQuery)
  const [client, setClient] = useState('')
  const [action, setAction] = useState('run')
  const [json, setJson] = useState('')
  const start = useCall('tryPlugin')
  if (!may) return null
  const online = clients.data?.pages.flatMap(({ items }) => items) ?? []
  const taker = client === '' ? (online[0]?.id ?? '') : client
  const read = argumentsFromJson(json)
  const actions = plugin.actions.map(({ name }) => name)
  const begin = (): void => {
    if ('problem' in read) return
    const { args, kwargs } = read.value
    const body = {
      client: taker,
      action,
      args: [...args],
      kwargs: { ...kwargs },
      ...(source === plugin.source ? {} : { source }),
    }
    start.mutate({ params: { name: plugin.name }, body })
  }
  return (
    <Section title="Try on one client">
      <div className="card stack">
        <div className="fields">
          <Field label="Client" hint={online.length === 0 ? 'No client is online' : undefined}>
            {(control) => (
              <Select
                {...control}
                value={taker}
                disabled={online.length === 0}
                choices={online.map(({ id, name }) => ({ value: id, label: visibleText(name) }))}
                onChange={setClient}
              />
            )}
          </Field>
          <Field label="Action to try">
            {(control) => (
              <Select
                {...control}
                value={action}
                choices={(actions.includes(action) ? actions : [action, ...actions]).map((name) => ({
                  value: name,
                  label: visibleText(name),
                }))}
                onChange={setAction}
              />
            )}
          </Field>
          <Field
            label="Arguments to try"
            optional
            hint='{"args": [], "kwargs": {}}'
            problem={'problem' in read ? read.problem : undefined}
          >
            {(control) => (
              <textarea
                {...control}
                rows={2}
                spellCheck={false}
                value={json}
                onChange={(event) => setJson(event.target.value)}
              />
            )}
          </Field>
        </div>
        <ProblemText error={start.error} />
        <div className="row">
          <Button icon="play" busy={start.isPending} disabled={taker === '' || 'problem' in read} onClick={begin}>
            {source === plugin.source ? 'Try the current version' : 'Try what is typed'}
          </Button>
          <span className="quiet-text">Nobody else gets it, and no task is made.</span>
        </div>
        {start.data ? renderTried(start.data.id) : null}
      </div>
    </Section>
  )
}
