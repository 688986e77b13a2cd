import './task-form.css'
import { ApiError } from '@octopus/api-client/api-error.ts'
import { useQuery } from '@tanstack/react-query'
import { useState, type SubmitEvent, type ReactNode } from 'react'

import { argumentsFromJson, type Arguments } from '#domain/json-arguments.ts'
import { reachQuery, type Reach } from '#features/tasks/task-queries.ts'
import { Button } from '#ui/button.tsx'
import { useDraft } from '#ui/draft.ts'
import { Section } from '#ui/page.tsx'
import { ProblemText } from '#ui/problem.tsx'

import { ArgumentFields } from './argument-fields.tsx'
import { argumentsFromForm } from './arguments.ts'
import { missing, type TaskDraft } from './draft.ts'
import { OptionFields } from './option-fields.tsx'
import { OwnerCards } from './owner-cards.tsx'
import type { PartProps } from './part-props.ts'
import { PluginFields } from './plugin-fields.tsx'
import { useAction } from './use-action.ts'
import { WhenFields } from './when-fields.tsx'

interface TaskFormProps {
  /** Names what was typed, so that it survives a reload. */
  readonly keep: string
  readonly start: TaskDraft
  /** The task exists, and stays what it is. */
  readonly fixed?: 'ad-hoc' | 'scheduled'
  readonly error: Error | null
  readonly busy: boolean
  readonly action: (draft: TaskDraft, reach: Reach | undefined) => string
  /** `done` forgets what was typed. */
  readonly onSend: (draft: TaskDraft, written: Arguments, done: () => void) => void
}

/** What, who, when and the options: for a new task and for an edit. */
export function TaskForm({ keep, start, fixed, error, busy, action: actionText, onSend }: TaskFormProps): ReactNode {
  const [kept, setDraft, forget] = useDraft<TaskDraft>(keep, start)
  const draft = { ...start, ...kept }
  const [tried, setTried] = useState(false)
  const action = useAction(draft.plugin, draft.action)
  const reach = useQuery(reachQuery)
  const written = readArguments(draft, action?.parameters)
  const problems = { ...missing(draft), ...('problems' in written ? written.problems : {}) }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setTried(true)
    if (!('problems' in written) && Object.keys(problems).length === 0) onSend(draft, written, forget)
  }
  const part: PartProps = {
    draft,
    change: (changed) => setDraft({ ...draft, ...changed }),
    problems: { ...(tried ? problems : {}), ...fieldProblems(error) },
  }
  return (
    <form className="task-form" onSubmit={submit} noValidate>
      <Section title="What">
        <div className="card stack">
          <PluginFields {...part} />
          <ArgumentFields {...part} action={action} />
        </div>
      </Section>
      <Section title="Who">
        <OwnerCards {...part} reach={reach.data} />
      </Section>
      <Section title="When">
        <WhenFields {...part} fixed={fixed} />
      </Section>
      <OptionFields {...part} />
      <ProblemText error={error} />
      {tried && Object.keys(problems).length > 0 ? <ProblemText error="Something is missing above." /> : null}
      <div className="row">
        <Button type="submit" look="primary" busy={busy}>
          {actionText(draft, reach.data)}
        </Button>
      </div>
    </form>
  )
}

type Written = Arguments | { readonly problems: Readonly<Record<string, string>> }

function readArguments(draft: TaskDraft, parameters: Parameters<typeof argumentsFromForm>[0] | undefined): Written {
  if (draft.argumentsAs === 'json' || !parameters) {
    const read = argumentsFromJson(draft.json)
    return 'value' in read ? read.value : { problems: { json: read.problem } }
  }
  const read = argumentsFromForm(parameters, draft.typed)
  if (read.ok) return read.value
  return { problems: Object.fromEntries(Object.entries(read.problems).map(([name, text]) => [`typed.${name}`, text])) }
}

function fieldProblems(error: unknown): Readonly<Record<string, string>> {
  return error instanceof ApiError ? Object.fromEntries(error.fields.map(({ field, message }) => [field, message])) : {}
}
