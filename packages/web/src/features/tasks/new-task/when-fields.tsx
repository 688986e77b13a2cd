import type { ReactNode } from 'react'

import { localZone } from '#text/relative-time.ts'
import { Field, type ControlProps } from '#ui/field.tsx'
import { Segments } from '#ui/segments.tsx'
import { Select } from '#ui/select.tsx'

import type { PartProps } from './part-props.ts'

/** Once, now or at a time; or again and again. */
export function WhenFields({ draft, change, problems }: PartProps): ReactNode {
  return (
    <div className="card stack">
      <Segments
        label="When"
        value={draft.when}
        choices={[
          { value: 'now', label: 'Now' },
          { value: 'at', label: 'At a time' },
          { value: 'every', label: 'Repeatedly' },
        ]}
        onChange={(when) => change({ when })}
      />
      {draft.when === 'at' ? (
        <div className="fields">
          <Field label="At" hint={localZone()} problem={problems['at'] ?? problems['startAt']}>
            {(control) => <Moment control={control} value={draft.at} onChange={(at) => change({ at })} />}
          </Field>
        </div>
      ) : null}
      {draft.when === 'every' ? <Repeating draft={draft} change={change} problems={problems} /> : null}
    </div>
  )
}

function Repeating({ draft, change, problems }: PartProps): ReactNode {
  return (
    <div className="fields">
      <Field label="Every" problem={problems['every'] ?? problems['intervalSeconds']}>
        {(control) => (
          <div className="every">
            <input
              {...control}
              inputMode="numeric"
              value={draft.every}
              onChange={(event) => change({ every: event.target.value })}
            />
            <Select
              label="Unit"
              value={draft.unit}
              choices={[
                { value: 'seconds', label: 'seconds' },
                { value: 'minutes', label: 'minutes' },
                { value: 'hours', label: 'hours' },
              ]}
              onChange={(unit) => change({ unit })}
            />
          </div>
        )}
      </Field>
      <Field label="First run" optional hint={`${localZone()}; empty means now`} problem={problems['startAt']}>
        {(control) => <Moment control={control} value={draft.startAt} onChange={(startAt) => change({ startAt })} />}
      </Field>
      <Field label="No run from" optional hint="empty means it goes on until it is ended" problem={problems['endAt']}>
        {(control) => <Moment control={control} value={draft.endAt} onChange={(endAt) => change({ endAt })} />}
      </Field>
    </div>
  )
}

interface MomentProps {
  readonly control: ControlProps
  readonly value: string
  readonly onChange: (value: string) => void
}

function Moment({ control, value, onChange }: MomentProps): ReactNode {
  return (
    <input
      {...control}
      type="datetime-local"
      step={1}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
