import type { ReactNode } from 'react'

import type { Action, Parameter } from '#features/tasks/task-queries.ts'
import { visibleText } from '#text/visible-text.ts'
import { Field, type ControlProps } from '#ui/field.tsx'
import { Segments } from '#ui/segments.tsx'
import { Select } from '#ui/select.tsx'

import { argumentsFromForm, placeholderOf } from './arguments.ts'
import type { PartProps } from './part-props.ts'

interface ArgumentFieldsProps extends PartProps {
  readonly action: Action | undefined
}

/** A control for each parameter of the action, or raw JSON. */
export function ArgumentFields({ draft, change, problems, action }: ArgumentFieldsProps): ReactNode {
  if (draft.plugin === '') return null
  const asJson = draft.argumentsAs === 'json' || !action
  const switchTo = (argumentsAs: 'form' | 'json'): void => {
    if (argumentsAs === 'form' || draft.json !== '' || !action) return change({ argumentsAs })
    const read = argumentsFromForm(action.parameters, draft.typed)
    const value = read.ok ? read.value : { args: [], kwargs: {} }
    change({ argumentsAs, json: JSON.stringify(value, undefined, 2) })
  }
  return (
    <div className="stack">
      <div className="section-head">
        <h3>Arguments</h3>
        {action ? (
          <Segments
            label="Arguments as"
            value={draft.argumentsAs}
            choices={[
              { value: 'form', label: 'Form' },
              { value: 'json', label: 'JSON' },
            ]}
            onChange={switchTo}
          />
        ) : null}
      </div>
      {action && action.doc !== '' ? <p className="doc quiet-text">{visibleText(action.doc)}</p> : null}
      {asJson ? (
        <Field label="Arguments as JSON" hint='{"args": [], "kwargs": {}}' problem={problems['json']}>
          {(control) => (
            <textarea
              {...control}
              rows={6}
              spellCheck={false}
              value={draft.json}
              onChange={(event) => change({ json: event.target.value })}
            />
          )}
        </Field>
      ) : (
        <ParameterFields draft={draft} change={change} problems={problems} parameters={action.parameters} />
      )}
    </div>
  )
}

function ParameterFields({
  draft,
  change,
  problems,
  parameters,
}: PartProps & { readonly parameters: readonly Parameter[] }): ReactNode {
  if (parameters.length === 0) return <p className="quiet-text">This action takes no arguments.</p>
  return (
    <div className="fields">
      {parameters.map((parameter) => (
        <Field
          key={parameter.name}
          label={visibleText(parameter.name)}
          optional={!parameter.required}
          hint={hintOf(parameter)}
          problem={problems[`typed.${parameter.name}`] ?? problems[`kwargs.${parameter.name}`]}
        >
          {(control) => (
            <ParameterControl
              control={control}
              parameter={parameter}
              text={draft.typed[parameter.name] ?? ''}
              onChange={(text) => change({ typed: { ...draft.typed, [parameter.name]: text } })}
            />
          )}
        </Field>
      ))}
    </div>
  )
}

function hintOf(parameter: Parameter): string {
  if (parameter.kind === 'rest') return 'any number of values, as a JSON list'
  if (parameter.kind === 'named-rest') return 'any other names, as a JSON object'
  const words = {
    list: 'JSON list',
    object: 'JSON object',
    unknown: 'text or JSON',
    string: 'text',
    integer: 'whole number',
  }
  const type = parameter.type in words ? words[parameter.type as keyof typeof words] : parameter.type
  return parameter.hasDefault ? `${type}, by default ${placeholderOf(parameter)}` : type
}

interface ParameterControlProps {
  readonly control: ControlProps
  readonly parameter: Parameter
  readonly text: string
  readonly onChange: (text: string) => void
}

function ParameterControl({ control, parameter, text, onChange }: ParameterControlProps): ReactNode {
  const { type, kind } = parameter
  if (type === 'boolean' && kind !== 'rest' && kind !== 'named-rest') {
    const none = parameter.required ? 'Choose…' : `default (${placeholderOf(parameter)})`
    const choices = [
      { value: '', label: none },
      { value: 'true', label: 'true' },
      { value: 'false', label: 'false' },
    ]
    return <Select {...control} value={text} choices={choices} onChange={onChange} />
  }
  const shared = { ...control, value: text, spellCheck: false, placeholder: placeholderOf(parameter) }
  if (type === 'list' || type === 'object' || kind === 'rest' || kind === 'named-rest') {
    return <textarea {...shared} rows={2} onChange={(event) => onChange(event.target.value)} />
  }
  const mode = type === 'integer' ? 'numeric' : type === 'number' ? 'decimal' : 'text'
  return <input {...shared} inputMode={mode} autoComplete="off" onChange={(event) => onChange(event.target.value)} />
}
