import { useId, type ReactNode } from 'react'

import { localZone } from '#text/relative-time.ts'
import { Field, type ControlProps } from '#ui/field.tsx'
import { Segments } from '#ui/segments.tsx'
import { Select } from '#ui/select.tsx'

import { repeats } from './draft.ts'
import { NextTimes } from './next-times.tsx'
import type { PartProps } from './part-props.ts'

interface WhenProps extends PartProps {
  /** The task exists, and stays what it is: once, or again and again. */
  readonly fixed?: 'ad-hoc' | 'scheduled' | undefined
}

const CHOICES = [
  { value: 'now', label: 'Now', type: 'ad-hoc' },
  { value: 'at', label: 'At a time', type: 'ad-hoc' },
  { value: 'every', label: 'Repeatedly', type: 'scheduled' },
  { value: 'cron', label: 'By the calendar', type: 'scheduled' },
] as const

/** Once, now or at a time; or again and again. */
export function WhenFields({ draft, change, problems, fixed }: WhenProps): ReactNode {
  return (
    <div className="card stack">
      <Segments
        label="When"
        value={draft.when}
        choices={CHOICES.filter(({ type }) => fixed === undefined || type === fixed)}
        onChange={(when) => change({ when })}
      />
      {draft.when === 'at' ? (
        <div className="fields">
          <Field label="At" hint={localZone()} problem={problems['at'] ?? problems['startAt']}>
            {(control) => <Moment control={control} value={draft.at} onChange={(at) => change({ at })} />}
          </Field>
        </div>
      ) : null}
      {repeats(draft) ? <Repeating draft={draft} change={change} problems={problems} /> : null}
    </div>
  )
}

function Repeating(part: PartProps): ReactNode {
  const { draft, change, problems } = part
  return (
    <>
      <div className="fields">
        {draft.when === 'cron' ? <ByCalendar {...part} /> : <EveryField {...part} />}
        <Field label="First run" optional hint={`${localZone()}; empty means now`} problem={problems['startAt']}>
          {(control) => <Moment control={control} value={draft.startAt} onChange={(startAt) => change({ startAt })} />}
        </Field>
        <Field label="No run from" optional hint="empty means it goes on until it is ended" problem={problems['endAt']}>
          {(control) => <Moment control={control} value={draft.endAt} onChange={(endAt) => change({ endAt })} />}
        </Field>
      </div>
      <NextTimes draft={draft} />
    </>
  )
}

function EveryField({ draft, change, problems }: PartProps): ReactNode {
  return (
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
              { value: 'days', label: 'days' },
            ]}
            onChange={(unit) => change({ unit })}
          />
        </div>
      )}
    </Field>
  )
}

/** Minute, hour, day, month and day of the week, in a zone. */
function ByCalendar({ draft, change, problems }: PartProps): ReactNode {
  const zones = useId()
  return (
    <>
      <Field
        label="Pattern"
        hint="minute, hour, day of month, month, day of week: 0 3 * * 1-5 is 03:00 on working days"
        problem={problems['cron']}
      >
        {(control) => (
          <input
            {...control}
            className="mono"
            autoComplete="off"
            spellCheck={false}
            value={draft.cron}
            onChange={(event) => change({ cron: event.target.value })}
          />
        )}
      </Field>
      <Field label="Time zone" hint={`empty means ${localZone()}`} optional problem={problems['timeZone']}>
        {(control) => (
          <>
            <input
              {...control}
              list={zones}
              autoComplete="off"
              spellCheck={false}
              placeholder={localZone()}
              value={draft.timeZone}
              onChange={(event) => change({ timeZone: event.target.value })}
            />
            <datalist id={zones}>
              {['UTC', ...Intl.supportedValuesOf('timeZone')].map((zone) => (
                <option key={zone}>{zone}</option>
              ))}
            </datalist>
          </>
        )}
      </Field>
    </>
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
