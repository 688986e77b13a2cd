import './new-task.css'
import { ApiError } from '@octopus/api-client/api-error.ts'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type SubmitEvent, type ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { countOf } from '#domain/counts.ts'
import { reachQuery, type Reach } from '#features/tasks/task-queries.ts'
import { Button } from '#ui/button.tsx'
import { useDraft } from '#ui/draft.ts'
import { Section } from '#ui/page.tsx'
import { ProblemText } from '#ui/problem.tsx'
import { say } from '#ui/toasts.tsx'

import { ArgumentFields } from './argument-fields.tsx'
import { argumentsFromForm, argumentsFromJson, type Arguments } from './arguments.ts'
import { EMPTY_DRAFT, missing, toNewTask, type TaskDraft } from './draft.ts'
import { OptionFields } from './option-fields.tsx'
import { OwnerCards } from './owner-cards.tsx'
import type { PartProps } from './part-props.ts'
import { PluginFields } from './plugin-fields.tsx'
import { useAction } from './use-action.ts'
import { WhenFields } from './when-fields.tsx'

interface NewTaskFormProps {
  readonly plugin: string | undefined
  readonly user: string | undefined
}

export function NewTaskForm({ plugin, user }: NewTaskFormProps): ReactNode {
  const given = { ...(plugin ? { plugin } : {}), ...(user ? { owner: 'user' as const, user } : {}) }
  const [kept, setDraft, forget] = useDraft<TaskDraft>(`new-task:${plugin ?? ''}:${user ?? ''}`, {
    ...EMPTY_DRAFT,
    ...given,
  })
  const draft = { ...EMPTY_DRAFT, ...kept }
  const [tried, setTried] = useState(false)
  const create = useCall('createTask')
  const navigate = useNavigate()
  const action = useAction(draft.plugin, draft.action)
  const reach = useQuery(reachQuery)
  const written = readArguments(draft, action?.parameters)
  const problems = { ...missing(draft), ...('problems' in written ? written.problems : {}) }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setTried(true)
    if ('problems' in written || Object.keys(problems).length > 0) return
    create.mutate(
      { body: toNewTask(draft, written) },
      {
        onSuccess: (task) => {
          forget()
          say('Created.')
          void navigate({ to: '/tasks/$id', params: { id: task.id } })
        },
      },
    )
  }
  const part: PartProps = {
    draft,
    change: (changed) => setDraft({ ...draft, ...changed }),
    problems: { ...(tried ? problems : {}), ...fieldProblems(create.error) },
  }
  return (
    <form className="new-task" onSubmit={submit} noValidate>
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
        <WhenFields {...part} />
      </Section>
      <OptionFields {...part} />
      <ProblemText error={create.error} />
      {tried && Object.keys(problems).length > 0 ? <ProblemText error="Something is missing above." /> : null}
      <div className="row">
        <Button type="submit" look="primary" busy={create.isPending}>
          {buttonText(draft, reach.data)}
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

/** The button names what will happen. */
function buttonText(draft: TaskDraft, reach: Reach | undefined): string {
  if (draft.when !== 'now') return 'Create task'
  if (draft.owner === 'all' && reach) return `Run on ${countOf(reach.all, 'client')} now`
  if (draft.owner === 'user' && draft.user !== '') return `Run for ${draft.user} now`
  return 'Run now'
}
