import { problemOf } from '@octopus/api-client/api-error.ts'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode, type SubmitEvent } from 'react'

import { useCall } from '#api/use-call.ts'
import { useMay } from '#domain/me.ts'
import { Button } from '#ui/button.tsx'
import { Field } from '#ui/field.tsx'
import { Section } from '#ui/page.tsx'
import { Problem, ProblemText } from '#ui/problem.tsx'
import { Skeleton } from '#ui/skeleton.tsx'
import { Time } from '#ui/time.tsx'
import { say } from '#ui/toasts.tsx'

import { settingsQuery, type Settings } from './settings-queries.ts'

/** How long history is kept, and what is fixed. */
export function RetentionSettings(): ReactNode {
  const { data, error, refetch } = useQuery(settingsQuery)
  if (!data) return error ? <Problem error={error} onRetry={refetch} /> : <Skeleton lines={6} />
  return (
    <>
      <RetentionForm key={data.revision} settings={data} />
      <Section title="Limits">
        <details className="card">
          <summary>{data.limits.length} limits that are fixed in this version</summary>
          <table className="table" aria-label="Limits">
            <thead>
              <tr>
                <th scope="col">Limit</th>
                <th scope="col" className="end">
                  Value
                </th>
                <th scope="col">Unit</th>
              </tr>
            </thead>
            <tbody>
              {data.limits.map(({ name, value, unit }) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td className="end">{value.toLocaleString()}</td>
                  <td>{unit}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </Section>
    </>
  )
}

const FIELDS = [
  { name: 'executionsDays', label: 'Runs and executions', hint: 'days after they ended' },
  { name: 'outputDays', label: 'Output', hint: 'days after the execution ended' },
  { name: 'auditDays', label: 'Audit trail', hint: 'days' },
] as const

function RetentionForm({ settings }: { readonly settings: Settings }): ReactNode {
  const may = useMay('admin')
  const change = useCall('changeSettings')
  const [days, setDays] = useState(settings.retention)
  const save = (event: SubmitEvent): void => {
    event.preventDefault()
    change.mutate(
      { body: { retention: days }, revision: settings.revision },
      { onSuccess: () => say('Saved. What is older goes bit by bit.') },
    )
  }
  return (
    <Section title="How long things are kept">
      <form className="card stack" onSubmit={save} noValidate>
        <div className="fields">
          {FIELDS.map(({ name, label, hint }) => (
            <Field key={name} label={label} hint={hint} problem={problemOf(change.error, `retention.${name}`)}>
              {(control) => (
                <input
                  {...control}
                  type="number"
                  min={1}
                  disabled={!may}
                  value={Number.isNaN(days[name]) ? '' : days[name]}
                  onChange={(event) => setDays({ ...days, [name]: event.target.valueAsNumber })}
                />
              )}
            </Field>
          ))}
        </div>
        <ProblemText error={change.error} />
        <div className="row">
          {may ? (
            <Button type="submit" look="primary" busy={change.isPending}>
              Save
            </Button>
          ) : null}
          {settings.changedAt === null ? null : (
            <span className="quiet-text">
              Changed <Time at={settings.changedAt} /> by {settings.changedBy}
            </span>
          )}
        </div>
      </form>
    </Section>
  )
}
