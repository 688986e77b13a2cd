import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { useCall } from '#api/use-call.ts'
import { countOf } from '#domain/counts.ts'
import type { Reach } from '#features/tasks/task-queries.ts'
import { say } from '#ui/toasts.tsx'

import { EMPTY_DRAFT, toNewTask, type TaskDraft } from './draft.ts'
import { TaskForm } from './task-form.tsx'

interface NewTaskFormProps {
  /** What the address names already. */
  readonly plugin: string | undefined
  readonly user: string | undefined
}

export function NewTaskForm({ plugin, user }: NewTaskFormProps): ReactNode {
  const given = { ...(plugin ? { plugin } : {}), ...(user ? { owner: 'user' as const, user } : {}) }
  return <CreateForm keep={`new-task:${plugin ?? ''}:${user ?? ''}`} start={{ ...EMPTY_DRAFT, ...given }} />
}

/** A form that creates what it holds. */
export function CreateForm({ keep, start }: { readonly keep: string; readonly start: TaskDraft }): ReactNode {
  const create = useCall('createTask')
  const navigate = useNavigate()
  return (
    <TaskForm
      keep={keep}
      start={start}
      error={create.error}
      busy={create.isPending}
      action={buttonText}
      onSend={(draft, written, done) =>
        create.mutate(
          { body: toNewTask(draft, written) },
          {
            onSuccess: (task) => {
              done()
              say('Created.')
              void navigate({ to: '/tasks/$id', params: { id: task.id } })
            },
          },
        )
      }
    />
  )
}

/** The button names what will happen. */
function buttonText(draft: TaskDraft, reach: Reach | undefined): string {
  if (draft.when !== 'now') return 'Create task'
  if (draft.owner === 'all' && reach) return `Run on ${countOf(reach.all, 'client')} now`
  if (draft.owner === 'user' && draft.user !== '') return `Run for ${draft.user} now`
  return 'Run now'
}
