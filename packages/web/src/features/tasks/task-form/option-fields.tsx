import type { ReactNode } from 'react'

import { Field } from '#ui/field.tsx'
import { Select } from '#ui/select.tsx'

import { repeats, type TaskDraft } from './draft.ts'
import type { PartProps } from './part-props.ts'

/** What most tasks leave as it is, folded away. */
export function OptionFields({ draft, change, problems }: PartProps): ReactNode {
  const number = (
    name: 'timeoutSeconds' | 'deadlineSeconds' | 'maxAttempts' | 'backoffSeconds' | 'priority',
    label: string,
    texts: { readonly hint: string; readonly placeholder?: string },
  ): ReactNode => (
    <Field label={label} hint={texts.hint} problem={problems[name] ?? problems[`retry.${name}`]}>
      {(control) => (
        <input
          {...control}
          inputMode="numeric"
          placeholder={texts.placeholder}
          value={draft[name]}
          onChange={(event) => change({ [name]: event.target.value })}
        />
      )}
    </Field>
  )
  return (
    <details className="section options">
      <summary>Options</summary>
      <div className="card fields">
        {number('timeoutSeconds', 'Time limit in seconds', { hint: 'of one attempt', placeholder: '3600' })}
        {number('deadlineSeconds', 'Start within seconds', { hint: 'after that it expires', placeholder: 'one day' })}
        {number('maxAttempts', 'Attempts', { hint: '1 means: no retry' })}
        {number('backoffSeconds', 'Seconds between attempts', { hint: 'before it is tried again' })}
        {number('priority', 'Priority', { hint: '-100 to 100; higher goes first', placeholder: '0' })}
        <Field label="When the connection is lost">
          {(control) => (
            <Select
              {...control}
              value={draft.onDisconnect}
              choices={[
                { value: '', label: draft.owner === 'anyone' ? 'default (stop)' : 'default (continue)' },
                { value: 'stop', label: 'stop' },
                { value: 'continue', label: 'continue' },
              ]}
              onChange={(onDisconnect) => change({ onDisconnect })}
            />
          )}
        </Field>
        {repeats(draft) ? <ScheduleOptions draft={draft} change={change} /> : null}
        <label className="check">
          <input
            type="checkbox"
            checked={draft.safeTwice}
            onChange={(event) => change({ safeTwice: event.target.checked })}
          />
          Safe to run twice: try again also when it is unknown whether it ran
        </label>
      </div>
    </details>
  )
}

interface ScheduleOptionsProps {
  readonly draft: TaskDraft
  readonly change: (part: Partial<TaskDraft>) => void
}

function ScheduleOptions({ draft, change }: ScheduleOptionsProps): ReactNode {
  return (
    <>
      <Field label="Runs missed in an outage">
        {(control) => (
          <Select
            {...control}
            value={draft.catchUp}
            choices={[
              { value: '', label: 'default (the last one)' },
              { value: 'none', label: 'none' },
              { value: 'last', label: 'the last one' },
              { value: 'all', label: 'all' },
            ]}
            onChange={(catchUp) => change({ catchUp })}
          />
        )}
      </Field>
      <Field label="When the run before still goes on">
        {(control) => (
          <Select
            {...control}
            value={draft.overlap}
            choices={[
              { value: '', label: 'default (skip)' },
              { value: 'skip', label: 'skip the new one' },
              { value: 'queue', label: 'wait for it' },
              { value: 'allow', label: 'run both' },
              { value: 'cancel-previous', label: 'cancel the one before' },
            ]}
            onChange={(overlap) => change({ overlap })}
          />
        )}
      </Field>
    </>
  )
}
